"""Start the model server as a process, and call it."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support.processes.service_process import ServiceProcess

from tears.model_server.wire import tensors as codec
from tears.model_server.wire.dtypes import data_type_of
from tears.tfserving import tensors
from tears.tfserving.methods import GET_MODEL_METADATA, GET_MODEL_STATUS, PREDICT
from tears.tfserving.v1 import metadata_pb2, predict_pb2, status_pb2

DEADLINE_SECONDS = 60.0
# One window of the cry model.
WINDOW = np.full((1, 110_250), 0.25, np.float32)


class Client:
    """A client that uses our own protos."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.predict_rpc = PREDICT.on(channel)
        self._metadata = GET_MODEL_METADATA.on(channel)
        self._status = GET_MODEL_STATUS.on(channel)
        self.health_rpc = health_pb2_grpc.HealthStub(channel)

    def predict(self, model: str, inputs: Mapping[str, Any], **spec: Any) -> predict_pb2.PredictResponse:
        """Send arrays: strings in the typed field, all others as content."""
        request = predict_pb2.PredictRequest(model_spec={"name": model, **spec})
        for name, value in inputs.items():
            array = np.asarray(value)
            if array.dtype == object:
                request.inputs[name].CopyFrom(codec.encode_tensor(array))
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

    def message(self, model: str, number: int) -> str:
        """Return the error in the status of a version."""
        request = status_pb2.GetModelStatusRequest(model_spec={"name": model, "version": {"value": number}})
        (entry,) = self._status(request, timeout=DEADLINE_SECONDS).model_version_status
        return entry.status.error_message

    def health(self, service: str = "") -> str:
        reply = self.health_rpc.Check(health_pb2.HealthCheckRequest(service=service), timeout=DEADLINE_SECONDS)
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))


def scores(reply: predict_pb2.PredictResponse) -> dict[str, list[float]]:
    """Return the outputs as plain numbers."""
    return {name: tensors.numbers(tensor) for name, tensor in reply.outputs.items()}


def rss_bytes(process: ServiceProcess, what: str = "VmRSS") -> int:
    """Return the memory that a process uses, or with `VmHWM` the most that it has used."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) * 1024


def refusal(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    """Return the code and the message of the error that the call must end with."""
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return refused.value.code(), refused.value.details() or ""


@contextmanager
def serving(
    base_path: Path, log_path: Path, *, model: str = "cry", flags: Sequence[str] = ()
) -> Iterator[tuple[ServiceProcess, Client]]:
    """Start a server on a free port that looks at its folders often."""
    arguments = ["--port=0", f"--model_name={model}", "--model_base_path", str(base_path)]
    arguments += ["--file_system_poll_wait_seconds=0.02", "--log_format=text", *flags]
    with (
        ServiceProcess("tears.model_server", {}, log_path, arguments=arguments) as process,
        grpc.insecure_channel(f"localhost:{port_of(process)}") as channel,
    ):
        yield process, Client(channel)


def port_of(process: ServiceProcess) -> int:
    """Wait until the log names the port, and return it."""
    return int(process.wait_for_log(r"gRPC on port (\d+)")[1])


def publish(source: Path, base_path: Path, version: str) -> None:
    """Copy a version beside the others, then rename it into place."""
    base_path.mkdir(exist_ok=True)
    shutil.copytree(source, base_path / f".{version}")
    (base_path / f".{version}").rename(base_path / version)
