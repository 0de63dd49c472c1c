"""A consumer with more to do than it can, on a real server. Entries get old ids, so no test waits for its age."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import redis
from support.redis.servers import RedisServer
from support.redis.stages import GROUP, OUTPUT, Echo, Stage, bodies_in, draw_as, wait_for_outputs
from support.waiting import wait_until

from tears.kit.clock import ManualClock
from tears.kit.errors import DependencyError
from tears.kit.overload.overload_rule import OverloadRule
from tears.kit.overload.overload_watch import OverloadWatch
from tears.kit.streams.delivery import Delivery

WORK_SECONDS = 0.05
# A replica that has been idle for longer would not be counted.
LIMITED: dict[str, Any] = {"overload_seconds": 2.0, "claim_idle_seconds": 30.0}
ROOMS = ("kitchen", "nursery")


def put_old(client: redis.Redis, rooms: Sequence[str], count: int, age_seconds: float) -> None:
    """Add entries to each stream as if they had come one after another, the first so long ago."""
    clock: Any = client.time()
    with client.pipeline(transaction=False) as pipeline:
        for number in range(count):
            milliseconds = int((clock[0] - age_seconds) * 1000) + number
            for room in rooms:
                pipeline.xadd(room, {b"message": b"%s %d" % (room.encode(), number)}, id=f"{milliseconds}-0")
        pipeline.execute()


def watch_of(client: redis.Redis, consumer: str, clock: ManualClock) -> OverloadWatch:
    return OverloadWatch(
        client,
        group=GROUP,
        consumer=consumer,
        limit_seconds=2.0,
        claim_idle_seconds=30.0,
        streams=lambda: ["in"],
        clock=clock,
    )


def works(_: Delivery) -> None:
    threading.Event().wait(WORK_SECONDS)


def test_what_cannot_be_done_in_time_is_given_up_and_each_entry_has_one_output(
    server: RedisServer, client: redis.Redis
) -> None:
    put_old(client, ROOMS, count=300, age_seconds=60)
    with Stage(server.url, Echo(works), streams=ROOMS, **LIMITED) as stage:
        wait_for_outputs(client, 600)
        outputs = bodies_in(client)
    assert len(set(outputs)) == len(outputs) == 600
    given_up = [body for body in outputs if body.endswith(b"-")]
    assert stage.entries("overloaded") == len(given_up) > 400
    assert stage.entries("done") == 600 - len(given_up) > 0
    # All of them were too old, so only those that the rest leaves time for are done: about two seconds' work.
    by_room = Counter(body.split()[0] for body in given_up)
    assert abs(by_room[b"kitchen"] - by_room[b"nursery"]) < 20


def test_a_backlog_that_can_be_worked_off_in_time_is_worked_off(server: RedisServer, client: redis.Redis) -> None:
    put_old(client, ROOMS, count=300, age_seconds=60)
    with Stage(server.url, streams=ROOMS, **{**LIMITED, "overload_seconds": 60.0}) as stage:
        wait_for_outputs(client, 600)
    assert stage.entries("overloaded") == 0


def test_nothing_is_given_up_without_a_limit(server: RedisServer, client: redis.Redis) -> None:
    put_old(client, ROOMS, count=40, age_seconds=1_000)
    with Stage(server.url, Echo(works), streams=ROOMS) as stage:
        wait_for_outputs(client, 80)
    assert stage.entries("done") == 80


def test_an_entry_that_may_not_be_given_up_is_done(server: RedisServer, client: redis.Redis) -> None:
    class Patient(Echo):
        def room_of(self, delivery: Delivery) -> str | None:
            return None if delivery.stream == "nursery" else delivery.stream

    put_old(client, ROOMS, count=100, age_seconds=60)
    with Stage(server.url, Patient(works), streams=ROOMS, **LIMITED) as stage:
        wait_for_outputs(client, 200)
    assert sum(body.startswith(b"nursery") and body.endswith(b"!") for body in bodies_in(client)) == 100
    assert stage.entries("overloaded") > 0


def test_what_waited_for_a_dependency_is_not_given_up(server: RedisServer, client: redis.Redis) -> None:
    is_back = threading.Event()

    def first(_: Delivery) -> None:
        if not is_back.is_set():
            raise DependencyError("the model is away")

    put_old(client, ["in"], count=30, age_seconds=600)
    with Stage(server.url, Echo(first), **LIMITED) as stage:
        wait_until(
            lambda: stage.metric("retries_total", cause="dependency") >= 3, describe="three attempts without the model"
        )
        is_back.set()
        wait_for_outputs(client, 30)
    assert stage.entries("overloaded") == 0


def test_a_stage_works_on_if_its_user_may_not_ask_for_the_clock(server: RedisServer, client: redis.Redis) -> None:
    put_old(client, ["in"], count=30, age_seconds=600)
    server.client_of_user("-time")
    with Stage(server.url.replace("unix://", "unix://tears:pw@"), **LIMITED) as stage:
        wait_for_outputs(client, 30)
    assert stage.entries("done") == 30


def test_two_replicas_in_an_overload_lose_and_double_nothing(server: RedisServer, client: redis.Redis) -> None:
    put_old(client, ROOMS, count=300, age_seconds=60)
    replicas = [Stage(server.url, Echo(works), streams=ROOMS, **LIMITED, consumer=name) for name in ("a", "b")]
    with replicas[0], replicas[1]:
        wait_for_outputs(client, 600)
    outputs = bodies_in(client)
    assert len({body[:-1] for body in outputs}) == len(outputs) == 600
    assert sum(stage.entries("overloaded") for stage in replicas) > 50
    facts: Any = client.xinfo_stream(OUTPUT)
    assert facts["entries-added"] == 600


def test_what_waits_is_looked_at_once_a_second_and_replicas_count_as_well_in_between(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[float] = []

    def ask(_rule: OverloadRule, _room: str, _waited: float, _now: float, clear: Callable[[float], float]) -> bool:
        found.append(clear(1.0))
        return False

    monkeypatch.setattr(OverloadRule, "gives_up", ask)
    put_old(client, ["in"], count=100, age_seconds=60)
    for consumer in ("a", "b"):
        draw_as(client, consumer)
    clock = ManualClock()
    watch = watch_of(client, "b", clock)
    for seconds in (1.0, 0.5, 0.5):
        watch.gives_up("in", "nursery", 60.0)
        watch.note_begun("nursery", 60.0)
        clock.advance(seconds)
    watch.gives_up("in", "nursery", 60.0)
    # It is not known how much comes; then two replicas do two a second, and as many come.
    assert found == [0.0, 50.0, 49.0, 50.0]


def test_in_an_overload_replicas_take_turns_at_the_streams(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OverloadRule, "gives_up", lambda _rule, _room, _waited, _now, clear: clear(1.0) > 0)
    put_old(client, ["in"], count=100, age_seconds=60)
    clock = ManualClock()
    watches = [watch_of(client, name, clock) for name in ("a", "b")]
    streams = ["attic", "kitchen", "nursery", "study", "yard"]

    def parts(streams: Sequence[str] = streams) -> list[list[str]]:
        return [list(watch.own_streams(streams)) for watch in watches]

    for name in ("a", "b"):
        draw_as(client, name)
    for watch in watches:
        watch.gives_up("in", "nursery", 60.0)
    # Nothing is given up.
    assert parts() == [streams, streams]
    monkeypatch.setattr(OverloadRule, "is_overloaded", lambda _rule, _now: True)
    evens, odds = streams[::2], streams[1::2]
    assert parts() == [evens, odds]
    clock.advance(15.0)
    assert parts() == [odds, evens]
    # One stream is nobody's own.
    assert parts(["in"]) == [["in"], ["in"]]


def test_rooms_that_have_had_the_least_begin_first_and_others_are_given_up_first(
    server: RedisServer, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    had = {"attic": 2.0, "kitchen": 0.0, "nursery": 3.0, "study": 1.0}
    asked: list[str] = []

    def gives_up(_rule: OverloadRule, room: str, *_: object) -> bool:
        asked.append(room)
        return room == "nursery"

    monkeypatch.setattr(OverloadRule, "work_had", lambda _rule, room: had[room])
    monkeypatch.setattr(OverloadRule, "gives_up", gives_up)
    put_old(client, list(had), count=1, age_seconds=60)
    with Stage(server.url, streams=list(had), **LIMITED) as stage:
        wait_for_outputs(client, 4)
    assert asked[:4] == ["nursery", "attic", "study", "kitchen"]
    assert bodies_in(client) == [b"nursery 0-", b"kitchen 0!", b"study 0!", b"attic 0!"]
    assert stage.entries("overloaded") == 1


def test_the_rest_of_an_overload_is_not_borne_like_the_rest_of_an_outage(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[float] = []

    def ask(_rule: OverloadRule, _room: str, _waited: float, _now: float, clear: Callable[[float], float]) -> bool:
        found.append(clear(50.0))
        return False

    monkeypatch.setattr(OverloadRule, "gives_up", ask)
    put_old(client, ["in"], count=100, age_seconds=60)
    draw_as(client, "a")
    clock = ManualClock()
    watch = watch_of(client, "a", clock)
    for _ in range(3):
        watch.gives_up("in", "nursery", 60.0)
        clock.advance(1.0)
        monkeypatch.setattr(OverloadRule, "is_overloaded", lambda _rule, now: now > 1.5)
    # Nothing comes meanwhile, so it catches up in two seconds.
    assert found == [0.0, 0.0, 2.0]
