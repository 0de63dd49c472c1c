"""A servable without an engine, a loader for it, and a clock that the test moves."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tears.model_server.errors import DeadlineError, LoadError
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import Array
from tears.tfserving.v1 import tensor_pb2

WAVEFORM = TensorSpec("serving_default_waveform:0", tensor_pb2.DT_FLOAT, (-1, 4))
SCORE = TensorSpec("StatefulPartitionedCall:0", tensor_pb2.DT_FLOAT, (-1,))


class FakeServable:
    """Return the mean of the waveform as `crying` and one minus it as `noise`; a test may make it wait."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_closed = False
        self.go = threading.Event()
        self.go.set()
        self.entered = threading.Event()

    @property
    def signatures(self) -> Mapping[str, Signature]:
        return {"serving_default": Signature({"waveform": WAVEFORM}, {"crying": SCORE, "noise": SCORE})}

    def run(
        self,
        signature_name: str,
        inputs: Mapping[str, Array],
        outputs: Sequence[str],
        *,
        timeout_seconds: float | None = None,
    ) -> dict[str, Array]:
        assert signature_name in self.signatures
        assert not self.is_closed
        self.entered.set()
        if not self.go.wait(timeout_seconds):
            raise DeadlineError("the deadline passed")
        level = inputs["waveform"].mean(axis=1)
        return {name: {"crying": level, "noise": np.float32(1) - level}[name] for name in outputs}

    def close(self) -> None:
        self.is_closed = True


class FakeLoader:
    """Load any folder except those whose version is in `broken`."""

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self.loaded: list[FakeServable] = []
        self.tries: list[str] = []

    def __call__(self, folder: Path) -> FakeServable:
        self.tries.append(folder.name)
        if folder.name in self.broken:
            raise self.broken[folder.name]
        self.loaded.append(FakeServable(folder))
        return self.loaded[-1]

    def breaks(self, name: str) -> None:
        self.broken[name] = LoadError(f"{name} has no model.tflite")


class FakeClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds
