"""grpc.health.v1: whether the server lives, whether it is ready, and how each model does.

gRPC's own servicer keeps every name that anybody ever watched, tells of models that are gone, and calls a server that
is draining dead. The names:

    liveness, tensorflow.serving.ModelService         it answers; no model has a say
    "", readiness, tensorflow.serving.PredictionService  there are models, and each has a version that answers
    any model's own name                              it has one
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tears.tfserving.methods import MODEL_SERVICE, PREDICTION_SERVICE

ALIVE: Final = ("liveness", MODEL_SERVICE)
READY: Final = ("", "readiness", PREDICTION_SERVICE)

MAX_WATCHERS: Final = 32
SPARE_THREADS: Final = 2  # to tell whoever comes over the limit so
DRAIN_SECONDS: Final = 1.0
MAX_LISTED: Final = 100  # the protocol's own bound on a list

_Status = health_pb2.HealthCheckResponse


@dataclass(eq=False, slots=True)
class _Watcher:
    """Who watches a name, the status that went out last, and whether gRPC has taken it."""

    service: str
    status: int | None = None
    is_told: bool = True


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # it has no types
    """What is told to whoever asks or watches. Thread-safe."""

    def __init__(self) -> None:
        """Alive, and not ready: no model is known yet."""
        self._changed = threading.Condition()
        self._told: dict[str, bool] = dict.fromkeys(READY, False) | dict.fromkeys(ALIVE, True)
        self._watchers: set[_Watcher] = set()
        self._is_draining = False
        # Each has a thread, which waits for a change or, in gRPC, for a caller who reads slowly: nobody else does.
        self.Watch = functools.partial(self._watch)
        threads = MAX_WATCHERS + SPARE_THREADS
        self.Watch.experimental_thread_pool = ThreadPoolExecutor(threads, "watch health")  # type: ignore[attr-defined]  # gRPC looks for it

    def tell(self, models: Mapping[str, bool]) -> None:
        """Says of each model whether it answers; of a model that is not in it, that there is none."""
        ready = bool(models) and all(models.values()) and not self._is_draining
        known = {name: answers and not self._is_draining for name, answers in models.items()}
        # A model that bears one of the other names does not change what that name means.
        with self._changed:
            self._replace(known | dict.fromkeys(READY, ready) | dict.fromkeys(ALIVE, True))

    def drain(self, timeout_seconds: float = DRAIN_SECONDS) -> None:
        """Says of everything but the server's life that it no longer answers, whatever is told from now on.

        Blocks until all who watch have been told, at most so long.
        """
        with self._changed:
            self._is_draining = True
            self._replace(dict.fromkeys(self._told, False) | dict.fromkeys(ALIVE, True))
            self._changed.wait_for(self._is_told, timeout_seconds)

    def _replace(self, told: dict[str, bool]) -> None:
        self._told = told
        self._changed.notify_all()

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - the protocol's name
        """One status, or NOT_FOUND."""
        with self._changed:
            told = self._told.get(request.service)
        if told is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no model or service is called {request.service[:100]!r}")
        return _Status(status=_status(told))

    def List(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - the protocol's name
        """All that there are."""
        del request
        with self._changed:
            told = dict(self._told)
        if len(told) > MAX_LISTED:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"more than {MAX_LISTED} names; ask for one")
        return health_pb2.HealthListResponse(
            statuses={name: _Status(status=_status(answers)) for name, answers in told.items()}
        )

    def _watch(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """One status now and, for as long as the caller listens, the newest whenever it has changed."""
        watcher = _Watcher(request.service)
        with self._changed:
            if len(self._watchers) >= MAX_WATCHERS:
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{MAX_WATCHERS} watch already")
            self._watchers.add(watcher)
        if not context.add_callback(lambda: self._leave(watcher)):
            self._leave(watcher)
        while (status := self._next(watcher)) is not None:
            yield _Status(status=status)

    def _next(self, watcher: _Watcher) -> int | None:
        """Blocks until there is something new to tell; None once the caller has left."""
        with self._changed:
            watcher.is_told = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: watcher not in self._watchers or self._status_for(watcher) != watcher.status)
            if watcher not in self._watchers:
                return None
            watcher.status, watcher.is_told = self._status_for(watcher), False
            return watcher.status

    def _is_told(self) -> bool:
        return all(one.is_told and one.status == self._status_for(one) for one in self._watchers)

    def _status_for(self, watcher: _Watcher) -> int:
        return _status(self._told.get(watcher.service))

    def _leave(self, watcher: _Watcher) -> None:
        with self._changed:
            self._watchers.discard(watcher)
            self._changed.notify_all()


def _status(answers: bool | None) -> int:  # noqa: FBT001 - what `_told` holds
    if answers is None:
        return int(_Status.SERVICE_UNKNOWN)
    return int(_Status.SERVING if answers else _Status.NOT_SERVING)
