"""grpc.health.v1: whether the server lives, whether it is ready, and whether each model answers.

gRPC's own servicer keeps every name that was ever watched, reports models that are gone, and reports a draining server
as dead. The names:

    liveness, ModelService            SERVING while the server answers, even without models
    "", readiness, PredictionService  SERVING if there are models, and each one answers
    the name of a model               SERVING if it has a version that answers

Both services have two names: TF Serving registers them without the package, and gRPC's own convention is to have it.
"""

import functools
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tears.tfserving.methods import MODEL_SERVICE, PREDICTION_SERVICE

LIVENESS_NAMES: Final = ("liveness", MODEL_SERVICE, MODEL_SERVICE.rpartition(".")[2])
READINESS_NAMES: Final = ("", "readiness", PREDICTION_SERVICE, PREDICTION_SERVICE.rpartition(".")[2])

MAX_HEALTH_WATCHERS: Final = 32
CHECK_THREADS: Final = 2
SPARE_WATCH_THREADS: Final = 2  # to refuse watchers above the limit
HEALTH_DRAIN_SECONDS: Final = 1.0
MAX_LISTED_NAMES: Final = 100  # the protocol's own bound on a list

_Status = health_pb2.HealthCheckResponse


@dataclass(eq=False, slots=True)
class _HealthWatcher:
    """A caller who watches a name: the status that was sent last, and whether gRPC has taken it."""

    service: str
    status: int | None = None
    is_sent: bool = True


class HealthService(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # it has no types
    """Answers callers who ask for the health once or watch it. Thread-safe."""

    def __init__(self) -> None:
        """Start alive, and not ready: no model is known yet."""
        self._changed = threading.Condition()
        self._answers: dict[str, bool] = dict.fromkeys(READINESS_NAMES, False) | dict.fromkeys(LIVENESS_NAMES, True)
        self._watchers: set[_HealthWatcher] = set()
        self._is_draining = False
        # Each watcher has a thread, which waits for a change or, inside gRPC, for a caller who reads slowly. With a
        # pool of their own they hold up nobody else.
        self.Watch = functools.partial(self._watch)
        threads = MAX_HEALTH_WATCHERS + SPARE_WATCH_THREADS
        self.Watch.experimental_thread_pool = ThreadPoolExecutor(threads, "watch health")  # type: ignore[attr-defined]  # gRPC looks for it
        # Messages that arrive slowly may hold all other threads.
        self.Check = functools.partial(self._check)
        self.List = functools.partial(self._list)
        check_pool = ThreadPoolExecutor(CHECK_THREADS, "check health")
        self.Check.experimental_thread_pool = check_pool  # type: ignore[attr-defined]  # likewise
        self.List.experimental_thread_pool = check_pool  # type: ignore[attr-defined]  # likewise

    def update(self, models: Mapping[str, bool]) -> None:
        """Set for each model whether it answers; a model that is not in `models` is unknown from now on."""
        ready = bool(models) and all(models.values()) and not self._is_draining
        known = {name: answers and not self._is_draining for name, answers in models.items()}
        # A model that has one of the other names does not change the meaning of that name.
        with self._changed:
            self._replace(known | dict.fromkeys(READINESS_NAMES, ready) | dict.fromkeys(LIVENESS_NAMES, True))

    def drain(self, timeout_seconds: float = HEALTH_DRAIN_SECONDS) -> None:
        """Report everything but liveness as NOT_SERVING from now on, whatever `update` says later.

        Blocks until all watchers have been sent that, at most `timeout_seconds`.
        """
        with self._changed:
            self._is_draining = True
            self._replace(dict.fromkeys(self._answers, False) | dict.fromkeys(LIVENESS_NAMES, True))
            self._changed.wait_for(self._is_sent_to_all, timeout_seconds)

    def _replace(self, answers: dict[str, bool]) -> None:
        self._answers = answers
        self._changed.notify_all()

    def _check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Return one status, or NOT_FOUND."""
        with self._changed:
            answers = self._answers.get(request.service)
        if answers is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no model or service is called {request.service[:100]!r}")
        return _Status(status=_status_of(answers))

    def _list(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Return all statuses."""
        del request
        with self._changed:
            known = dict(self._answers)
        if len(known) > MAX_LISTED_NAMES:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"more than {MAX_LISTED_NAMES} names; ask for one")
        return health_pb2.HealthListResponse(
            statuses={name: _Status(status=_status_of(answers)) for name, answers in known.items()}
        )

    def _watch(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Send one status now and, while the caller listens, the newest one whenever it has changed."""
        watcher = _HealthWatcher(request.service)
        with self._changed:
            if len(self._watchers) >= MAX_HEALTH_WATCHERS:
                context.abort(
                    grpc.StatusCode.RESOURCE_EXHAUSTED, f"{MAX_HEALTH_WATCHERS} callers watch the health already"
                )
            self._watchers.add(watcher)
        if not context.add_callback(lambda: self._leave(watcher)):
            self._leave(watcher)
        while (status := self._next_status(watcher)) is not None:
            yield _Status(status=status)

    def _next_status(self, watcher: _HealthWatcher) -> int | None:
        """Block until there is a status to send; None once the caller has left."""
        with self._changed:
            watcher.is_sent = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: watcher not in self._watchers or self._status_for(watcher) != watcher.status)
            if watcher not in self._watchers:
                return None
            watcher.status, watcher.is_sent = self._status_for(watcher), False
            return watcher.status

    def _is_sent_to_all(self) -> bool:
        return all(watcher.is_sent and watcher.status == self._status_for(watcher) for watcher in self._watchers)

    def _status_for(self, watcher: _HealthWatcher) -> int:
        return _status_of(self._answers.get(watcher.service))

    def _leave(self, watcher: _HealthWatcher) -> None:
        with self._changed:
            self._watchers.discard(watcher)
            self._changed.notify_all()


def _status_of(answers: bool | None) -> int:  # noqa: FBT001 - the values of `_answers`
    if answers is None:
        return int(_Status.SERVICE_UNKNOWN)
    return int(_Status.SERVING if answers else _Status.NOT_SERVING)
