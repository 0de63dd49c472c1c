"""Metrics of the engines: how long they run, and which versions are loaded and unloaded."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from tears.model_server.catalog.version_folders import version_number
from tears.model_server.engines.servable import Arrays, Loader, Servable
from tears.model_server.errors import ModelServerError
from tears.model_server.metrics import ServerMetrics
from tears.model_server.wire.tensors import Array
from tears.tfserving.methods import PREDICT, Method
from tears.tfserving.v1.status_pb2 import StatusProto

# TF Serving gives every engine but TFRT this name, TFLite too, and dashboards select by it.
RUNTIME_LABEL: Final = "TF1"

_api: ContextVar[str] = ContextVar("api", default=PREDICT.name)


@contextmanager
def count_runs_for(method: Method[Any, Any]) -> Iterator[None]:
    """Label the runs of engines inside the block with this method."""
    token = _api.set(method.name)
    try:
        yield
    finally:
        _api.reset(token)


class CountedLoader:
    """Load the versions of one model, and count their loads, runs and unloads. Thread-safe."""

    def __init__(self, model: str, load: Loader, metrics: ServerMetrics) -> None:
        """Load nothing yet; `load` will do the work."""
        self._model = model
        self._load = load
        self._metrics = metrics
        self._lock = threading.Lock()
        self._in_memory = 0

    def __call__(self, folder: Path) -> Servable:
        """Load the version in `folder`; raises what the loader raises."""
        code: StatusProto.Code = StatusProto.INTERNAL
        is_swap = self._in_memory > 0
        try:
            servable = _CountedServable(self, version_number(folder.name) or 0, self._load(folder))
            code = StatusProto.OK
        except ModelServerError as error:
            code = error.code
            raise
        finally:
            self._metrics.observe_load(self._model, code, is_swap=is_swap)
        with self._lock:
            self._in_memory += 1
        return servable

    def observe_runtime(self, number: int, seconds: float) -> None:
        """Count one run of a version."""
        self._metrics.observe_runtime(self._model, _api.get(), RUNTIME_LABEL, seconds)
        self._metrics.observe_run(self._model, number, seconds)

    def observe_unload(self) -> None:
        """Count a version that has left memory."""
        with self._lock:
            self._in_memory -= 1
        self._metrics.observe_unload(self._model)


class _CountedServable:
    """A `Servable` that reports its runs and its end to the loader."""

    def __init__(self, loader: CountedLoader, number: int, servable: Servable) -> None:
        self._loader = loader
        self._number = number
        self._servable = servable
        self.signatures = servable.signatures

    def run(
        self, signature_name: str, inputs: Arrays, outputs: Sequence[str], *, timeout_seconds: float | None = None
    ) -> dict[str, Array]:
        began_seconds = time.perf_counter()
        results = self._servable.run(signature_name, inputs, outputs, timeout_seconds=timeout_seconds)
        self._loader.observe_runtime(self._number, time.perf_counter() - began_seconds)
        return results

    def close(self) -> None:
        self._servable.close()
        self._loader.observe_unload()
