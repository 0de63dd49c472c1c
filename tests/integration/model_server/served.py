"""The model server as a process, and a client of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support.processes.service_process import ServiceProcess

from tears.model_server.wire import tensors as codec
from tears.model_server.wire.dtypes import data_type_of
from tears.tfserving import tensors
from tears.tfserving.methods import GET_MODEL_METADATA, GET_MODEL_STATUS, PREDICT
from tears.tfserving.v1 import metadata_pb2, predict_pb2, status_pb2

DEADLINE_SECONDS = 20.0


class Client:
    """Asks a server by our own protos."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.predict_rpc = PREDICT.on(channel)
        self._metadata = GET_MODEL_METADATA.on(channel)
        self._status = GET_MODEL_STATUS.on(channel)
        self.health_rpc = health_pb2_grpc.HealthStub(channel)

    def predict(self, model: str, inputs: Mapping[str, Any], **spec: Any) -> predict_pb2.PredictResponse:
        """Sends arrays; strings travel in the typed field, all else as content."""
        request = predict_pb2.PredictRequest(model_spec={"name": model, **spec})
        for name, value in inputs.items():
            array = np.asarray(value)
            if array.dtype == object:
                request.inputs[name].CopyFrom(codec.encode(array))
            else:
                request.inputs[name].CopyFrom(
                    tensors.from_bytes(data_type_of(array.dtype), array.shape, array.tobytes())
                )
        return self.predict_rpc(request, timeout=DEADLINE_SECONDS)

    def metadata(self, model: str) -> metadata_pb2.GetModelMetadataResponse:
        request = metadata_pb2.GetModelMetadataRequest(model_spec={"name": model}, metadata_field=["signature_def"])
        return self._metadata(request, timeout=DEADLINE_SECONDS)

    def states(self, model: str) -> dict[int, str]:
        reply = self._status(
            status_pb2.GetModelStatusRequest(model_spec={"name": model}), timeout=DEADLINE_SECONDS
        ).model_version_status
        return {status.version: status_pb2.ModelVersionStatus.State.Name(status.state) for status in reply}

    def health(self, service: str = "") -> str:
        reply = self.health_rpc.Check(health_pb2.HealthCheckRequest(service=service), timeout=DEADLINE_SECONDS)
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))


def scores(reply: predict_pb2.PredictResponse) -> dict[str, list[float]]:
    """The outputs as plain numbers."""
    return {name: tensors.numbers(tensor) for name, tensor in reply.outputs.items()}


@contextmanager
def serving(
    base_path: Path, log_path: Path, *, model: str = "cry", flags: Sequence[str] = ()
) -> Iterator[tuple[ServiceProcess, Client]]:
    """A server process on a free port, with folders looked at often."""
    arguments = ["--port=0", f"--model_name={model}", "--model_base_path", str(base_path)]
    arguments += ["--file_system_poll_wait_seconds=0.02", "--log_format=text", *flags]
    with (
        ServiceProcess("tears.model_server", {}, log_path, arguments=arguments) as process,
        grpc.insecure_channel(f"localhost:{port_of(process)}") as channel,
    ):
        yield process, Client(channel)


def port_of(process: ServiceProcess) -> int:
    """The port that it took, from its log; waits for that."""
    return int(process.wait_for_log(r"gRPC on port (\d+)")[1])


def publish(source: Path, base_path: Path, version: str) -> None:
    """Copies a version beside the others, then renames it into place."""
    base_path.mkdir(exist_ok=True)
    shutil.copytree(source, base_path / f".{version}")
    (base_path / f".{version}").rename(base_path / version)
