"""grpc.health.v1: whether the server lives, whether it is ready, and how each model does.

gRPC's own servicer keeps every name that anybody ever watched, tells of models that are gone, and calls a server that
is draining dead. The names:

    liveness, tensorflow.serving.ModelService         it answers; no model has a say
    "", readiness, tensorflow.serving.PredictionService  there are models, and each has a version that answers
    any model's own name                              it has one
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tears.tfserving.methods import MODEL_SERVICE, PREDICTION_SERVICE

ALIVE: Final = ("liveness", MODEL_SERVICE)
READY: Final = ("", "readiness", PREDICTION_SERVICE)

MAX_WATCHERS: Final = 128
MAX_LISTED: Final = 100  # the protocol's own bound on a list

_Status = health_pb2.HealthCheckResponse
Send = Callable[[Any], None]


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # it has no types
    """What is told to whoever asks or watches. Thread-safe."""

    def __init__(self) -> None:
        """Alive, and not ready: no model is known yet."""
        self._lock = threading.Lock()
        self._told: dict[str, bool] = dict.fromkeys(READY, False) | dict.fromkeys(ALIVE, True)
        self._watchers: list[tuple[str, Send]] = []
        self._is_draining = False

    def tell(self, models: Mapping[str, bool]) -> None:
        """Says of each model whether it answers; of a model that is not in it, that there is none."""
        ready = bool(models) and all(models.values()) and not self._is_draining
        known = {name: answers and not self._is_draining for name, answers in models.items()}
        # A model that bears one of the other names does not change what that name means.
        with self._lock:
            self._replace(known | dict.fromkeys(READY, ready) | dict.fromkeys(ALIVE, True))

    def drain(self) -> None:
        """Says of everything but the server's life that it no longer answers, whatever is told from now on."""
        with self._lock:
            self._is_draining = True
            self._replace(dict.fromkeys(self._told, False) | dict.fromkeys(ALIVE, True))

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - the protocol's name
        """One status, or NOT_FOUND."""
        with self._lock:
            told = self._told.get(request.service)
        if told is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no model or service is called {request.service[:100]!r}")
        return _Status(status=_status(told))

    def List(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - the protocol's name
        """All that there are."""
        del request
        with self._lock:
            told = dict(self._told)
        if len(told) > MAX_LISTED:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"more than {MAX_LISTED} names; ask for one")
        return health_pb2.HealthListResponse(
            statuses={name: _Status(status=_status(answers)) for name, answers in told.items()}
        )

    def Watch(self, request: Any, context: grpc.ServicerContext, send: Send) -> None:  # noqa: N802 - likewise
        """One status now and each one that follows, for as long as the caller listens; takes no thread meanwhile."""
        watcher = (request.service, send)
        with self._lock:
            if len(self._watchers) >= MAX_WATCHERS:
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{MAX_WATCHERS} watch already")
            self._watchers.append(watcher)
            send(_Status(status=_status(self._told.get(request.service))))
        if not context.add_callback(lambda: self._leave(watcher)):
            self._leave(watcher)

    def _leave(self, watcher: tuple[str, Send]) -> None:
        with self._lock:
            self._watchers.remove(watcher)
        watcher[1](None)

    def _replace(self, told: dict[str, bool]) -> None:
        before, self._told = self._told, told
        for name, send in self._watchers:
            if before.get(name) != told.get(name):
                send(_Status(status=_status(told.get(name))))


def _status(answers: bool | None) -> int:  # noqa: FBT001 - what `_told` holds
    if answers is None:
        return int(_Status.SERVICE_UNKNOWN)
    return int(_Status.SERVING if answers else _Status.NOT_SERVING)


# By this gRPC hands `Watch` a callback instead of a thread.
Health.Watch.experimental_non_blocking = True  # type: ignore[attr-defined]  # a mark that gRPC looks for
