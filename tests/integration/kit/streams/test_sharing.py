"""Consumers of one group: claims, holding against claims, trimmed entries, back-pressure."""

import time
from functools import partial
from typing import Any

import redis
from support.redis.servers import RedisServer
from support.redis.stages import (
    GROUP,
    OUTPUT,
    Echo,
    Gate,
    Stage,
    bodies_in,
    dead_letters,
    draw_as,
    pending_in,
    put,
    wait_for_outputs,
)
from support.waiting import wait_until

from tears.kit.errors import DependencyError
from tears.kit.streams.delivery import Delivery


def consumers_of(client: redis.Redis) -> set[bytes]:
    rows: Any = client.xinfo_consumers("in", GROUP)
    return {row["name"] for row in rows}


def idle_milliseconds(client: redis.Redis) -> int:
    """Return how long the newest pending entry has been idle."""
    rows: Any = client.xpending_range("in", GROUP, "-", "+", 10)
    idle: int = rows[-1]["time_since_delivered"]
    return idle


def test_entries_of_dead_consumers_are_taken_over_even_with_few_workers(
    server: RedisServer, client: redis.Redis
) -> None:
    bodies = [b"%d" % number for number in range(40)]
    put(client, *bodies)
    drawn = draw_as(client, "dead", 40)
    client.xclaim("in", GROUP, "dead", 0, [*drawn], idle=3_600_000, justid=True)
    with Stage(server.url, in_flight=2, claim_idle_seconds=60) as stage:
        # It claims every 30 s, and would need 20 rounds if each took only the entries that can begin at once.
        wait_for_outputs(client, 40)
    assert sorted(bodies_in(client)) == sorted(body + b"!" for body in bodies)
    assert stage.metric("claimed_entries_total") == 40


def test_a_slow_entry_is_not_claimed_by_another(server: RedisServer, client: redis.Redis) -> None:
    # So long that a machine that is busy with other things does not make the slow one look dead.
    limit_seconds = 2.0
    gate = Gate()
    put(client, b"slow")
    with Stage(server.url, Echo(gate), consumer="slow", claim_idle_seconds=limit_seconds):
        wait_until(lambda: gate.waiting == 1, describe="the entry in its handler")
        with Stage(server.url, consumer="eager", claim_idle_seconds=limit_seconds) as eager:
            ends_at = time.monotonic() + 2.5 * limit_seconds
            while time.monotonic() < ends_at:
                put(client, b"quick")
                wait_for_outputs(client, len(bodies_in(client, "in")) - 1)
                wait_until(lambda: eager.metric("in_flight_entries") == 0)
                assert pending_in(client) == {next(iter(pending_in(client))): ("slow", 1)}
            assert eager.metric("claimed_entries_total") == 0
            gate.open()
            wait_for_outputs(client, len(bodies_in(client, "in")))
    assert bodies_in(client).count(b"slow!") == 1


def test_waiting_replicas_do_not_claim_entries_from_each_other_until_those_count_as_poison(
    server: RedisServer, client: redis.Redis
) -> None:
    away = True

    def need(_: Delivery) -> None:
        if away:
            raise DependencyError("away")

    put(client, *(b"%d" % number for number in range(6)))
    draw_as(client, "dead", 6)
    with (
        Stage(server.url, Echo(need), consumer="a", delivery_cap=2) as one,
        Stage(server.url, Echo(need), consumer="b", delivery_cap=2) as other,
    ):
        for stage in (one, other):
            wait_until(
                lambda stage=stage: stage.metric("retries_total", cause="dependency") >= 5,  # type: ignore[misc]
                describe="five attempts, which take seven times the idle limit",
            )
        away = False
        wait_for_outputs(client, 6)
    assert not dead_letters(client)


def test_two_consumers_of_one_name_lose_and_double_nothing(server: RedisServer, client: redis.Redis) -> None:
    gate = Gate()
    bodies = [b"%d" % number for number in range(20)]
    put(client, *bodies[:10])
    with Stage(server.url, Echo(gate), consumer="twin", in_flight=4):
        wait_until(lambda: gate.waiting == 4, describe="entries in their handler")
        with Stage(server.url, consumer="twin", in_flight=4):
            put(client, *bodies[10:])
            wait_for_outputs(client, 20)
            gate.open()
        wait_until(lambda: not pending_in(client), describe="nothing pending")
    assert sorted(bodies_in(client)) == sorted(body + b"!" for body in bodies)


def test_entries_of_two_streams_with_the_same_id_are_both_handled(server: RedisServer, client: redis.Redis) -> None:
    gate = Gate()
    for stream in ("in", "in2"):
        client.xadd(stream, {"message": stream}, id="1700000000000-0")
    with Stage(server.url, Echo(gate), streams=("in", "in2"), in_flight=2, claim_idle_seconds=3):
        wait_until(lambda: gate.waiting == 2, describe="both in the handler")
        gate.open()
        wait_for_outputs(client, 2)
    assert sorted(bodies_in(client)) == [b"in!", b"in2!"]


def test_its_own_trimmed_entries_are_counted_and_given_up(server: RedisServer, client: redis.Redis) -> None:
    ids = put(client, b"1", b"2", b"3")
    draw_as(client, "a", 3)
    client.xdel("in", *ids[:2])
    with Stage(server.url, claim_idle_seconds=3) as stage:
        wait_for_outputs(client, 1)
        wait_until(lambda: not pending_in(client), describe="nothing pending")
    assert stage.metric("trimmed_unread_entries_total") == 2
    assert bodies_in(client) == [b"3!"]


def test_trimmed_entries_of_dead_consumers_are_counted(server: RedisServer, client: redis.Redis) -> None:
    ids = put(client, b"1", b"2", b"3")
    draw_as(client, "dead", 3)
    client.xdel("in", *ids[:2])
    with Stage(server.url) as stage:
        wait_for_outputs(client, 1)
        wait_until(lambda: not pending_in(client), describe="nothing pending")
    assert stage.metric("trimmed_unread_entries_total") == 2
    assert bodies_in(client) == [b"3!"]


def test_an_entry_that_is_trimmed_while_it_is_handled_still_has_its_output(
    server: RedisServer, client: redis.Redis
) -> None:
    gate = Gate()
    slow, _ = put(client, b"trimmed", b"kept")
    # The limit is so long that it does not claim the entry itself, and so short that it holds it several times.
    with Stage(server.url, Echo(gate), in_flight=2, claim_idle_seconds=2):
        wait_until(lambda: gate.waiting == 2, describe="the entries in their handler")
        client.xdel("in", slow)
        wait_until(lambda: idle_milliseconds(client) > 200, describe="idle for a while")
        wait_until(lambda: idle_milliseconds(client) < 200, describe="held since")
        gate.open()
        wait_for_outputs(client, 2)
    assert sorted(bodies_in(client)) == [b"kept!", b"trimmed!"]


def test_only_idle_consumers_without_entries_are_removed(server: RedisServer, client: redis.Redis) -> None:
    client.xgroup_create("in", GROUP, id="0", mkstream=True)
    client.xgroup_createconsumer("in", GROUP, "empty")
    put(client, b"1", b"2")
    draw_as(client, "holder")
    wait_until(lambda: idle_milliseconds(client) > 100, describe="both idle for 0.1 s")
    with Stage(server.url, idle_consumer_seconds=0.1, claim_idle_seconds=60):
        wait_for_outputs(client, 1)
        client.xgroup_createconsumer("in", GROUP, "new")
    assert consumers_of(client) == {b"a", b"holder", b"new"}


def test_nothing_is_drawn_while_the_output_is_full(server: RedisServer, client: redis.Redis) -> None:
    put(client, *(b"%d" % number for number in range(10)))
    with Stage(server.url, output_capacity=3) as stage:
        wait_for_outputs(client, 3)
        wait_until(lambda: stage.metric("paused_seconds_total") > 0.2, describe="ten checks of the full output")
        assert client.xlen("out") == 3
        assert not pending_in(client)
        client.xtrim("out", maxlen=1, approximate=False)
        wait_for_outputs(client, 3)
        wait_until(lambda: stage.entries("done") == 5)
        wait_until(lambda: stage.metric("paused_seconds_total") > 0.4, describe="ten more checks")
        assert stage.entries("done") == 5


def test_a_stream_whose_key_holds_something_else_does_not_hold_up_the_others(
    server: RedisServer, client: redis.Redis
) -> None:
    put(client, b"1", stream="a")
    put(client, b"1", stream="b")
    with Stage(server.url, streams=("a", "b")) as stage:
        wait_for_outputs(client, 2)
        client.delete("a")
        client.set("a", "no stream")
        put(client, b"2", stream="b")
        wait_for_outputs(client, 3)
        assert "a: WRONGTYPE" in stage.health.ready().reason
        client.delete("a")
        put(client, b"3", stream="a")
        wait_for_outputs(client, 4)
        wait_until(lambda: stage.health.ready().good, describe="ready again")
    assert bodies_in(client) == [b"1!", b"1!", b"2!", b"3!"]


def test_what_was_drawn_begins_only_when_its_output_has_room(server: RedisServer, client: redis.Redis) -> None:
    rooms = [f"room{number}" for number in range(6)]
    for room in rooms:
        put(client, room.encode(), stream=room)
    with Stage(server.url, streams=rooms, output_capacity=2) as stage:

        def has_paused(since_seconds: float) -> bool:
            return stage.metric("paused_seconds_total") > since_seconds + 0.1

        for _ in range(3):
            wait_until(partial(has_paused, stage.metric("paused_seconds_total")), describe="a stage that waits")
            assert len(bodies_in(client)) == 2
            client.xtrim(OUTPUT, 0, approximate=False)
        wait_until(lambda: stage.entries("done") == 6, describe="all entries done")
