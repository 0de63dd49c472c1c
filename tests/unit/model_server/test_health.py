"""What is told of the server's life, of its readiness and of each model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import grpc
import pytest
from grpc_health.v1 import health_pb2

from tears.model_server.health import ALIVE, MAX_LISTED, MAX_WATCHERS, READY, Health

NAMES = health_pb2.HealthCheckResponse.ServingStatus


class AbortedError(Exception):
    """Raised by the context below where gRPC would end the call."""


class FakeContext:
    """A call that ends when told to."""

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
    """A caller who watches a name."""

    def __init__(self, health: Health, name: str) -> None:
        self.seen: list[str | None] = []
        self.context = FakeContext()
        health.Watch(health_pb2.HealthCheckRequest(service=name), self.context, self._hear)  # type: ignore[arg-type]  # as much of a context as it needs

    def _hear(self, response: Any) -> None:
        self.seen.append(NAMES.Name(response.status) if response else None)

    def leave(self) -> None:
        for callback in self.context.callbacks:
            callback()


def check(health: Health, name: str) -> str:
    context = FakeContext()
    try:
        response = health.Check(health_pb2.HealthCheckRequest(service=name), context)  # type: ignore[arg-type]  # see above
    except AbortedError:
        assert context.code
        return str(context.code.name)
    return str(NAMES.Name(response.status))


def listed(health: Health) -> dict[str, str]:
    response = health.List(health_pb2.HealthListRequest(), FakeContext())  # type: ignore[arg-type]  # see above
    return {name: NAMES.Name(one.status) for name, one in response.statuses.items()}


def test_a_server_lives_before_it_has_a_model_and_is_not_ready() -> None:
    health = Health()
    assert {check(health, name) for name in ALIVE} == {"SERVING"}
    assert {check(health, name) for name in READY} == {"NOT_SERVING"}


@pytest.mark.parametrize(
    ("models", "ready"),
    [
        ({"a": True, "b": True}, "SERVING"),
        ({"a": True, "b": False}, "NOT_SERVING"),
        ({"a": False}, "NOT_SERVING"),
        ({}, "NOT_SERVING"),
    ],
)
def test_it_is_ready_once_there_are_models_and_each_answers(models: dict[str, bool], ready: str) -> None:
    health = Health()
    health.tell(models)
    assert {check(health, name) for name in READY} == {ready}
    assert {check(health, name) for name in ALIVE} == {"SERVING"}
    assert {name: check(health, name) for name in models} == {
        name: "SERVING" if answers else "NOT_SERVING" for name, answers in models.items()
    }


def test_a_name_that_nobody_has_or_has_no_more_is_not_found() -> None:
    health = Health()
    health.tell({"a": True})
    assert check(health, "b") == "NOT_FOUND"
    health.tell({"b": True})
    assert (check(health, "a"), check(health, "b")) == ("NOT_FOUND", "SERVING")


def test_a_model_cannot_take_the_name_of_the_servers_life() -> None:
    health = Health()
    health.tell({"liveness": False, "a": True})
    assert check(health, "liveness") == "SERVING"
    assert check(health, "") == "NOT_SERVING"


def test_who_watches_hears_each_change_once_and_nothing_after_he_left() -> None:
    health = Health()
    early, late = Watch(health, "a"), Watch(health, "")
    health.tell({"a": False})
    health.tell({"a": False})
    health.tell({"a": True})
    late.leave()
    health.tell({})
    assert early.seen == ["SERVICE_UNKNOWN", "NOT_SERVING", "SERVING", "SERVICE_UNKNOWN"]
    assert late.seen == ["NOT_SERVING", "SERVING", None]
    assert len(health._watchers) == 1


def test_draining_is_the_end_of_being_ready_but_not_of_living() -> None:
    health = Health()
    health.tell({"a": True})
    told = {"a": "NOT_SERVING", **dict.fromkeys(READY, "NOT_SERVING"), **dict.fromkeys(ALIVE, "SERVING")}
    health.drain()
    assert listed(health) == told
    health.tell({"a": True})
    assert listed(health) == told


def test_watchers_are_bounded() -> None:
    health = Health()
    watches = [Watch(health, str(number)) for number in range(MAX_WATCHERS)]
    with pytest.raises(AbortedError):
        Watch(health, "a")
    watches[0].leave()
    Watch(health, "a")


def test_a_list_is_no_longer_than_the_protocol_allows() -> None:
    health = Health()
    health.tell({f"model {number}": True for number in range(MAX_LISTED)})
    with pytest.raises(AbortedError):
        listed(health)
