"""A gRPC server without an engine, and a channel to it."""

from pathlib import Path

import grpc
import pytest
from integration.model_server.served import DEADLINE_SECONDS, Client
from unit.model_server.fakes import FakeLoader

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.catalog.model_config import ServedModelSettings
from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.grpc.server import Server
from tears.model_server.metrics import ServerMetrics
from tears.tfserving import tensors
from tears.tfserving.v1 import config_pb2, tensor_pb2
from tears.tfserving.v1.predict_pb2 import PredictRequest

REQUEST = PredictRequest(
    model_spec={"name": "cry"}, inputs={"waveform": tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, 4], bytes(16))}
)


class BareServer:
    """A server without an engine, and a channel to it."""

    def __init__(self, folder: Path, *, admits: bool = True) -> None:
        (folder / "cry" / "1").mkdir(parents=True)
        self.folder = folder
        self.loader = FakeLoader()
        self.metrics = ServerMetrics()
        self.catalog = Catalog(make_model=self._make_model)
        self.data_plane = DataPlane(self.catalog, self.metrics, allows_reload=True)
        self.server = Server(self.data_plane)
        self.channel = grpc.insecure_channel(
            f"localhost:{self.server.listen('localhost:0')}", [("grpc.max_send_message_length", -1)]
        )
        self.client = Client(self.channel)
        if admits:
            self.reload("cry")
        self.server.start(admits=admits)

    def _make_model(self, settings: ServedModelSettings) -> Model:
        return Model(settings.name, settings.base_path, self.loader, policy=settings.policy)

    def reload(self, *names: str) -> None:
        self.catalog.reload(self.config(*names))

    def config(self, *names: str) -> config_pb2.ModelServerConfig:
        models = [
            {"name": name, "base_path": str(self.folder / name), "model_platform": "tensorflow"} for name in names
        ]
        return config_pb2.ModelServerConfig(model_config_list={"config": models})

    def refusal(self, path: str, body: bytes) -> tuple[grpc.StatusCode, str]:
        """Return the error with which the server answers these bytes."""
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(path)
        with pytest.raises(grpc.RpcError) as refused:
            call(body, timeout=DEADLINE_SECONDS)
        return refused.value.code(), refused.value.details() or ""

    def close(self) -> None:
        for servable in self.loader.loaded:
            servable.go.set()
        self.server.drain(0.0)
        self.channel.close()
