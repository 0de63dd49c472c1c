"""The health of the server and of each model."""

import threading
from collections.abc import Callable
from typing import NoReturn

import grpc
import pytest
from grpc_health.v1 import health_pb2

from tears.model_server.grpc.health_service import (
    LIVENESS_NAMES,
    MAX_HEALTH_WATCHERS,
    MAX_LISTED_NAMES,
    READINESS_NAMES,
    HealthService,
)

NAMES = health_pb2.HealthCheckResponse.ServingStatus


class AbortedError(Exception):
    """Raised by the fake call where gRPC would end it."""


class FakeContext:
    """A call that the test ends."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []
        self.code: grpc.StatusCode | None = None

    def abort(self, code: grpc.StatusCode, _: str) -> NoReturn:
        self.code = code
        raise AbortedError

    def add_callback(self, callback: Callable[[], None]) -> bool:
        self.callbacks.append(callback)
        return True


class Watch:
    """A caller that watches a name."""

    def __init__(self, health: HealthService, name: str) -> None:
        self.context = FakeContext()
        self._statuses = health.Watch(health_pb2.HealthCheckRequest(service=name), self.context)  # type: ignore[arg-type]  # as much of a context as it needs
        self.first = self.read()

    def read(self) -> str | None:
        """Return the next status; None at the end."""
        response = next(self._statuses, None)
        return NAMES.Name(response.status) if response else None

    def leave(self) -> None:
        for callback in self.context.callbacks:
            callback()


def check(health: HealthService, name: str) -> str:
    context = FakeContext()
    try:
        response = health.Check(health_pb2.HealthCheckRequest(service=name), context)  # type: ignore[arg-type]  # see above
    except AbortedError:
        assert context.code
        return str(context.code.name)
    return str(NAMES.Name(response.status))


def listed(health: HealthService) -> dict[str, str]:
    response = health.List(health_pb2.HealthListRequest(), FakeContext())  # type: ignore[arg-type]  # see above
    return {name: NAMES.Name(one.status) for name, one in response.statuses.items()}


def test_a_server_that_knows_no_model_yet_is_alive_and_not_ready() -> None:
    health = HealthService()
    assert {check(health, name) for name in LIVENESS_NAMES} == {"SERVING"}
    assert {check(health, name) for name in READINESS_NAMES} == {"NOT_SERVING"}


@pytest.mark.parametrize(
    ("models", "ready"),
    [
        ({"a": True, "b": True}, "SERVING"),
        ({"a": True, "b": False}, "NOT_SERVING"),
        ({"a": False}, "NOT_SERVING"),
        ({}, "NOT_SERVING"),
    ],
)
def test_a_server_is_ready_once_each_of_its_models_answers(models: dict[str, bool], ready: str) -> None:
    health = HealthService()
    health.update(models)
    assert {check(health, name) for name in READINESS_NAMES} == {ready}
    assert {check(health, name) for name in LIVENESS_NAMES} == {"SERVING"}
    assert {name: check(health, name) for name in models} == {
        name: "SERVING" if answers else "NOT_SERVING" for name, answers in models.items()
    }


def test_a_name_that_is_unknown_or_no_longer_known_is_not_found() -> None:
    health = HealthService()
    health.update({"a": True})
    assert check(health, "b") == "NOT_FOUND"
    health.update({"b": True})
    assert (check(health, "a"), check(health, "b")) == ("NOT_FOUND", "SERVING")


def test_a_model_called_liveness_does_not_change_what_liveness_means() -> None:
    health = HealthService()
    health.update({"liveness": False, "a": True})
    assert check(health, "liveness") == "SERVING"
    assert check(health, "") == "NOT_SERVING"


def test_a_watcher_gets_each_change_once_and_nothing_after_leaving() -> None:
    health = HealthService()
    early, late = Watch(health, "a"), Watch(health, "")
    assert (early.first, late.first) == ("SERVICE_UNKNOWN", "NOT_SERVING")
    health.update({"a": False})
    assert early.read() == "NOT_SERVING"
    health.update({"a": False})
    health.update({"a": True})
    assert (early.read(), late.read()) == ("SERVING", "SERVING")
    late.leave()
    health.update({})
    assert (early.read(), late.read()) == ("SERVICE_UNKNOWN", None)


def test_a_slow_watcher_delays_nobody_and_gets_the_newest_status() -> None:
    health = HealthService()
    slow = Watch(health, "a")
    for answers in (False, True, False, True):
        health.update({"a": answers})
    assert check(health, "a") == "SERVING"
    assert slow.read() == "SERVING"


def test_draining_waits_until_watchers_have_been_sent_the_change() -> None:
    health = HealthService()
    health.update({"a": True})
    watch = Watch(health, "a")
    received: list[str | None] = []

    def read_twice() -> None:
        received.append(watch.read())
        received.append(watch.read())

    reading = threading.Thread(target=read_twice)
    reading.start()
    health.drain(timeout_seconds=10.0)
    assert received == ["NOT_SERVING"]
    watch.leave()
    reading.join()
    assert received == ["NOT_SERVING", None]


def test_draining_does_not_wait_forever_for_a_watcher_that_does_not_read() -> None:
    health = HealthService()
    watch = Watch(health, "liveness")
    health.drain(timeout_seconds=0.01)
    assert watch.first == "SERVING"


def test_a_draining_server_is_alive_and_not_ready() -> None:
    health = HealthService()
    health.update({"a": True})
    statuses = {
        "a": "NOT_SERVING",
        **dict.fromkeys(READINESS_NAMES, "NOT_SERVING"),
        **dict.fromkeys(LIVENESS_NAMES, "SERVING"),
    }
    health.drain(timeout_seconds=0.0)
    assert listed(health) == statuses
    health.update({"a": True})
    assert listed(health) == statuses


def test_watchers_are_bounded() -> None:
    health = HealthService()
    watches = [Watch(health, str(number)) for number in range(MAX_HEALTH_WATCHERS)]
    with pytest.raises(AbortedError):
        Watch(health, "a")
    watches[0].leave()
    Watch(health, "a")


def test_a_list_is_no_longer_than_the_protocol_allows() -> None:
    health = HealthService()
    health.update({f"model {number}": True for number in range(MAX_LISTED_NAMES)})
    with pytest.raises(AbortedError):
        listed(health)
