"""Run a model server as a process, read what it costs, and call it with a client that adds as little as possible."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import grpc
import numpy as np

from bench.model_server.invoker import noise_window
from bench.process_costs import cpu_seconds
from tears.tfserving import tensors
from tears.tfserving.channels import direct_channel
from tears.tfserving.methods import GET_MODEL_STATUS, PREDICT
from tears.tfserving.signatures import DEFAULT_INT16_SIGNATURE, DEFAULT_SIGNATURE
from tears.tfserving.v1 import predict_pb2, status_pb2, tensor_pb2

BENCH_MODEL_NAME: Final = "cry"
CALL_DEADLINE_SECONDS: Final = 30.0
BENCH_POLL_SECONDS: Final = 0.002

Found = TypeVar("Found")


class ServedModel:
    """A model server's process and a channel to it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        """Connect at the first request."""
        self.process = process
        self._channel = direct_channel(f"localhost:{port}")
        # Bytes in both directions: the server is measured, not a client's work on messages.
        self.predict: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(PREDICT.path)
        self._get_status = GET_MODEL_STATUS.on(self._channel)

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its threads so far, to the nanosecond."""
        return cpu_seconds(self.process.pid)

    def rss_mib(self) -> float:
        """Return its resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def loaded_versions(self) -> int:
        """Return how many versions are in its memory: all that it knows and that have not ended."""
        request = status_pb2.GetModelStatusRequest(model_spec={"name": BENCH_MODEL_NAME})
        statuses = self._get_status(request, timeout=CALL_DEADLINE_SECONDS).model_version_status
        return sum(status.state != status_pb2.ModelVersionStatus.END for status in statuses)

    def close(self) -> None:
        """End the process."""
        self._channel.close()
        self.process.terminate()
        self.process.wait(CALL_DEADLINE_SECONDS)


def predict_request(dtype: type[np.float32 | np.int16]) -> bytes:
    """Return a Predict request of one window, as bytes."""
    data_type, signature = (
        (tensor_pb2.DT_FLOAT, DEFAULT_SIGNATURE)
        if dtype is np.float32
        else (tensor_pb2.DT_INT16, DEFAULT_INT16_SIGNATURE)
    )
    samples = noise_window(np.dtype(dtype))
    request = predict_pb2.PredictRequest(model_spec={"name": BENCH_MODEL_NAME, "signature_name": signature})
    request.inputs["waveform"].CopyFrom(tensors.from_bytes(data_type, samples.shape, samples.tobytes()))
    return request.SerializeToString()


def version_of(reply: bytes) -> int:
    """Return the version that answered."""
    return predict_pb2.PredictResponse.FromString(reply).model_spec.version.value


@contextmanager
def serving(base_path: Path, log_path: Path, flags: Sequence[str] = ()) -> Iterator[ServedModel]:
    """Start a server of `base_path`, and end it afterwards."""
    command = [sys.executable, "-m", "tears.model_server", "--port=0", f"--model_name={BENCH_MODEL_NAME}"]
    with log_path.open("w") as log:
        process = subprocess.Popen(
            [*command, f"--model_base_path={base_path}", "--log_format=text", *flags], stderr=log, text=True
        )
    served = ServedModel(process, _port(process, log_path))
    try:
        yield served
    finally:
        served.close()


def _port(process: subprocess.Popen[str], log_path: Path) -> int:
    def look() -> re.Match[str] | None:
        if process.poll() is not None:
            raise SystemExit(f"the model server did not start:\n{log_path.read_text()}")
        return re.search(r"gRPC on port (\d+)", log_path.read_text())

    try:
        return int(wait_for(look, "the model server's port")[1])
    except TimeoutError:
        process.kill()
        raise


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    """Call `look` until it returns something, and return that; raise TimeoutError if it returns nothing in time."""
    end_seconds = time.monotonic() + CALL_DEADLINE_SECONDS
    while time.monotonic() < end_seconds:
        found = look()
        if found is not None:
            return found
        time.sleep(BENCH_POLL_SECONDS)
    raise TimeoutError(f"{what}: nothing for {CALL_DEADLINE_SECONDS:g} s")
