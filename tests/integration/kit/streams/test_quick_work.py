"""Entries that need no work, on a real server: they are finished many at a time, and none is lost or doubled."""

from typing import Any

import pytest
import redis
from support.redis.servers import RedisServer
from support.redis.stages import OUTPUT, Echo, Gate, Stage, bodies_in, pending_in, put, wait_for_outputs
from support.waiting import wait_until

from tears.kit.overload.overload_rule import OverloadRule
from tears.kit.streams.delivery import Delivery, Outputs, ProvisionalOutputs


def calls(client: redis.Redis, command: str) -> int:
    """Return how often a command was called since `forget_calls`, in scripts too."""
    found: Any = client.info("commandstats")
    return int(found.get(f"cmdstat_{command}", {"calls": 0})["calls"])


def forget_calls(client: redis.Redis) -> None:
    """Count calls anew: other tests have used the server."""
    client.config_resetstat()


def test_entries_that_need_no_work_take_few_round_trips(server: RedisServer, client: redis.Redis) -> None:
    forget_calls(client)
    put(client, *(b"quick %d" % number for number in range(400)))
    before = {command: calls(client, command) for command in ("xreadgroup", "script|exists")}
    with Stage(server.url) as stage:
        wait_for_outputs(client, 400)
    assert bodies_in(client) == [b"quick %d+" % number for number in range(400)]
    assert stage.entries("done") == stage.metric("outputs_total") == 400
    # Each draw takes twice as many as the one before, up to sixteen; and each is finished in one pipeline.
    assert {command: calls(client, command) - count < 50 for command, count in before.items()} == dict.fromkeys(
        before, True
    )


def test_entries_with_work_are_drawn_one_at_a_time_again(server: RedisServer, client: redis.Redis) -> None:
    forget_calls(client)
    put(client, *(b"quick %d" % number for number in range(60)), *(b"%d" % number for number in range(100)))
    before = calls(client, "xreadgroup")
    with Stage(server.url):
        wait_for_outputs(client, 160)
    # But for those that came with the last that needed no work. Other consumers could have begun them at once.
    assert calls(client, "xreadgroup") - before > 100 - 16


def test_no_more_are_drawn_at_once_than_are_finished_in_one_round_trip(
    server: RedisServer, client: redis.Redis
) -> None:
    gate = Gate()
    put(client, *(b"quick %d" % number for number in range(16 + 7 * 32)), *(b"%d" % number for number in range(100)))
    with Stage(server.url, Echo(gate), in_flight=16, claim_idle_seconds=30.0) as stage:
        wait_until(lambda: gate.waiting == 16)
        assert stage.entries("done") == 16 + 7 * 32
        # Each may hold a window of 220 KB.
        assert len(pending_in(client)) == 32
        gate.open()
        wait_for_outputs(client, 16 + 7 * 32 + 100)


def test_an_entry_that_was_drawn_begins_even_if_there_is_no_stream_any_more(
    server: RedisServer, client: redis.Redis
) -> None:
    gate = Gate()
    rooms = ["kitchen", "nursery"]
    for room in rooms:
        put(client, room.encode(), stream=room)
    with Stage(server.url, Echo(gate), streams=rooms, claim_idle_seconds=30.0):
        wait_until(lambda: gate.waiting == 1)
        rooms.clear()
        gate.open()
        wait_for_outputs(client, 2)


def test_an_entry_that_needs_no_work_waits_until_its_output_can_be_written(
    server: RedisServer, client: redis.Redis
) -> None:
    client.set(OUTPUT, "not a stream")
    put(client, *(b"quick %d" % number for number in range(5)))
    with Stage(server.url) as stage:
        wait_until(lambda: stage.metric("retries_total", cause="dependency") + stage.metric("redis_failures_total") > 0)
        client.delete(OUTPUT)
        wait_for_outputs(client, 5)
    assert sorted(body[:-1] for body in bodies_in(client)) == [b"quick %d" % number for number in range(5)]


def test_an_entry_that_cannot_be_passed_on_is_left_to_a_worker(server: RedisServer, client: redis.Redis) -> None:
    class Faulty(Echo):
        def pass_on(self, delivery: Delivery) -> Outputs | None:
            if delivery.body == b"quick 1":
                raise RuntimeError("a fault of ours")
            return super().pass_on(delivery)

    put(client, b"quick 0", b"quick 1", b"quick 2")
    with Stage(server.url, Faulty()):
        wait_for_outputs(client, 3)
    assert sorted(bodies_in(client)) == [b"quick 0+", b"quick 1!", b"quick 2+"]


def test_outputs_that_turn_out_to_be_wrong_are_left_to_a_worker(server: RedisServer, client: redis.Redis) -> None:
    confirmed: list[bytes] = []

    class Guessing(Echo):
        def pass_on(self, delivery: Delivery) -> Outputs | None:
            # It was told of the first entry only.
            return ProvisionalOutputs(
                bodies=[delivery.body + b"+"], predecessor=ids[0], confirm=lambda: confirmed.append(delivery.body)
            )

    ids = put(client, b"0")
    with Stage(server.url) as stage:
        wait_for_outputs(client, 1)
    put(client, b"1", b"2")
    with Stage(server.url, Guessing(), claim_idle_seconds=60.0) as stage:
        wait_for_outputs(client, 3)
    assert bodies_in(client) == [b"0!", b"1+", b"2!"]
    assert confirmed == [b"1"]
    assert stage.entries("done") == 2


def test_what_waits_behind_a_slow_entry_is_given_up_once_it_is_too_old(
    server: RedisServer, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_seconds = 2.0
    monkeypatch.setattr(OverloadRule, "gives_up", lambda _rule, _room, waited, _now, _clear: waited > limit_seconds)
    gate = Gate()
    rooms = [f"room{number}" for number in range(5)]
    clock: Any = client.time()
    for room in rooms:
        # As if they came in a second, so that they are not too old before the stage has started.
        client.xadd(room, {b"message": room.encode()}, id=f"{(clock[0] + 1) * 1000}-0")
    with Stage(server.url, Echo(gate), streams=rooms, overload_seconds=limit_seconds, claim_idle_seconds=30.0) as stage:
        wait_for_outputs(client, 4)
        assert gate.waiting == 1
        assert stage.entries("overloaded") == 4
        gate.open()
        wait_for_outputs(client, 5)
    assert sorted(body[-1:] for body in bodies_in(client)) == [b"!", *[b"-"] * 4]


def test_of_a_room_the_oldest_entry_is_given_up_first(
    server: RedisServer, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([True])
    monkeypatch.setattr(OverloadRule, "gives_up", lambda *_: next(answers, False))
    clock: Any = client.time()
    for number in range(2):
        client.xadd("nursery", {b"message": b"%d" % number}, id=f"{(clock[0] - 60 + number) * 1000}-0")
    limited: dict[str, Any] = {"overload_seconds": 2.0, "claim_idle_seconds": 30.0}
    with Stage(server.url, streams=["nursery"], in_flight=2, **limited):
        wait_for_outputs(client, 2)
    assert bodies_in(client) == [b"0-", b"1!"]
