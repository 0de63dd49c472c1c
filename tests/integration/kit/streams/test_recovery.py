"""Redis goes away, comes back, forgets, is full or refuses: the stage continues and acknowledges nothing too early."""

import threading

import pytest
import redis
from support.redis.servers import RedisServer
from support.redis.stages import (
    GROUP,
    Echo,
    Gate,
    Stage,
    bodies_in,
    dead_letters,
    pending_in,
    put,
    wait_for_outputs,
)
from support.waiting import DEADLINE_SECONDS, wait_until

from tears.kit import redis_client
from tears.kit.errors import DependencyError
from tears.kit.streams.delivery import Delivery


def fill(client: redis.Redis, server: RedisServer) -> None:
    """Leave no free memory."""
    client.set("ballast", b"x" * 8_000_000)
    server.limit_memory(4_000_000)


def test_groups_are_made_again_after_redis_was_flushed(server: RedisServer, client: redis.Redis) -> None:
    gate = Gate()
    with Stage(server.url, Echo(lambda delivery: gate(delivery) if delivery.body == b"lost" else None)) as stage:
        put(client, b"1")
        wait_for_outputs(client, 1)
        put(client, b"lost")
        wait_until(lambda: gate.waiting == 1, describe="an entry in its handler")
        client.flushall()
        gate.open()
        wait_until(lambda: stage.entries("lost") == 1, describe="the entry given up")
        assert client.xlen("out") == 0
        put(client, b"2", b"3")
        wait_for_outputs(client, 2)
        assert bodies_in(client) == [b"2!", b"3!"]
        assert stage.metric("groups_created_total") == 2
        wait_until(lambda: stage.health.ready().good, describe="ready again")


def test_groups_are_made_again_after_a_flush_while_the_stage_waits(server: RedisServer, client: redis.Redis) -> None:
    with Stage(server.url, claim_idle_seconds=3):
        wait_until(lambda: client.info("clients")["blocked_clients"] == 1, describe="a waiting reader")
        client.flushall()
        put(client, b"1")
        wait_for_outputs(client, 1)


def test_nothing_is_lost_or_doubled_when_redis_is_killed_and_started(durable_server: RedisServer) -> None:
    client = durable_server.client()
    bodies = [b"%d" % number for number in range(900)]
    put(client, *bodies)
    with Stage(durable_server.url, in_flight=3) as stage:
        for goal in (100, 400):
            wait_for_outputs(client, goal)
            durable_server.kill()
            wait_until(lambda: not stage.health.ready().good, describe="not ready without Redis")
            durable_server.start()
        wait_for_outputs(client, 900)
        wait_until(lambda: not pending_in(client), describe="nothing pending")
        assert stage.metric("redis_failures_total") > 0
        wait_until(lambda: stage.health.ready().good, describe="ready again")
    assert sorted(bodies_in(client)) == sorted(body + b"!" for body in bodies)


def test_it_continues_with_a_redis_that_has_forgotten_everything(own_server: RedisServer) -> None:
    client = own_server.client()
    with Stage(own_server.url) as stage:
        put(client, b"1")
        wait_for_outputs(client, 1)
        own_server.kill()
        wait_until(lambda: not stage.health.ready().good, describe="not ready without Redis")
        own_server.start()
        put(client, b"2")
        wait_for_outputs(client, 1)
    assert bodies_in(client) == [b"2!"]


def test_looking_for_own_entries_does_not_count_as_a_delivery_of_those_in_the_handler(
    durable_server: RedisServer,
) -> None:
    client = durable_server.client()
    gate = Gate()
    put(client, b"1")
    with Stage(durable_server.url, Echo(gate), claim_idle_seconds=2) as stage:
        wait_until(lambda: gate.waiting == 1, describe="an entry in its handler")
        durable_server.kill()
        wait_until(lambda: not stage.health.ready().good, describe="not ready without Redis")
        durable_server.start()
        wait_until(lambda: stage.health.ready().good, describe="ready again")
        assert list(pending_in(client).values()) == [("a", 1)]
        gate.open()
        wait_for_outputs(client, 1)


def test_a_full_redis_acknowledges_nothing_without_its_output(own_server: RedisServer) -> None:
    client = own_server.client()
    gate = Gate()
    put(client, b"1", b"2")
    with Stage(own_server.url, Echo(gate), in_flight=2) as stage:
        wait_until(lambda: gate.waiting == 2, describe="entries in their handler")
        fill(client, own_server)
        gate.open()
        wait_until(lambda: stage.metric("redis_failures_total") >= 4, describe="two refusals each")
        assert len(pending_in(client)) == 2
        assert client.xlen("out") == 0
        assert "redis writes: " in stage.health.ready().reason
        own_server.limit_memory(0)
        wait_for_outputs(client, 2)
        wait_until(lambda: not pending_in(client), describe="nothing pending")
        wait_until(lambda: stage.health.ready().good, describe="ready again")
    assert sorted(bodies_in(client)) == [b"1!", b"2!"]
    assert not dead_letters(client)


def test_restarts_while_redis_is_full_do_not_turn_entries_into_poison(own_server: RedisServer) -> None:
    client = own_server.client()
    gate = Gate()
    put(client, b"1")
    for start in range(3):
        with Stage(own_server.url, Echo(gate), delivery_cap=1) as stage:
            if start == 0:
                wait_until(lambda: gate.waiting == 1, describe="an entry in its handler")
                fill(client, own_server)
                gate.open()
            wait_until(lambda stage=stage: stage.metric("redis_failures_total") >= 2, describe="two refusals")  # type: ignore[misc]
        assert stage.entries("pending") == 1
    own_server.limit_memory(0)
    with Stage(own_server.url, Echo(), delivery_cap=1):
        wait_for_outputs(client, 1)
    assert bodies_in(client) == [b"1!"]
    assert not dead_letters(client)


def test_a_stage_that_deletes_its_input_empties_a_full_redis(own_server: RedisServer) -> None:
    client = own_server.client()
    client.xgroup_create("in", GROUP, id="0", mkstream=True)
    put(client, *(b"%d" % number + bytes(200_000) for number in range(20)))
    used: int = client.info("memory")["used_memory"]
    own_server.limit_memory(used - 1_000_000)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        put(client, b"more")

    class Small(Echo):
        def handle(self, delivery: Delivery) -> list[bytes]:
            return [delivery.body[:2]]

    with Stage(own_server.url, Small(), delete_done=True):
        wait_for_outputs(client, 20)
    assert client.xlen("in") == 0
    put(client, b"more")


def test_a_redis_that_cannot_write_to_its_disk_is_waited_for(own_server: RedisServer) -> None:
    client = own_server.client()
    gate = Gate()
    put(client, b"1")
    with Stage(own_server.url, Echo(gate)) as stage:
        wait_until(lambda: gate.waiting == 1, describe="an entry in its handler")
        own_server.break_disk()
        with pytest.raises(redis.ResponseError, match="MISCONF"):
            put(client, b"2")
        gate.open()
        wait_until(lambda: stage.metric("redis_failures_total") >= 2, describe="refusals")
        assert len(pending_in(client)) == 1
        own_server.mend_disk()
        wait_for_outputs(client, 1)
    assert bodies_in(client) == [b"1!"]


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_a_stop_ends_the_stage_while_redis_is_away(
    own_server: RedisServer, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(redis_client, "SOCKET_TIMEOUT_SECONDS", 0.5)
    client = own_server.client()
    gate = Gate()
    put(client, *(b"%d" % number for number in range(4)))
    stage = Stage(own_server.url, Echo(gate), in_flight=2)
    stage.start()
    wait_until(lambda: gate.waiting == 2, describe="entries in their handler")
    getattr(own_server, how)()
    stage.ask_to_stop()
    gate.open()
    stage.stop()
    assert stage.entries("pending") == 2
    assert stage.entries("done") == 0


def test_a_refusal_that_waiting_does_not_cure_ends_the_stage_and_its_workers(
    server: RedisServer, client: redis.Redis
) -> None:
    is_waiting = threading.Event()

    def need(_: Delivery) -> None:
        is_waiting.set()
        raise DependencyError("away forever")

    put(client, b"1")
    client.acl_setuser("limited", enabled=True, nopass=True, keys=["*"], commands=["+@all"])
    try:
        stage = Stage(f"{server.url}?username=limited&password=any", Echo(need), in_flight=2)
        stage.start()
        assert is_waiting.wait(DEADLINE_SECONDS)
        client.acl_setuser("limited", enabled=True, nopass=True, commands=["-xreadgroup"])
        with pytest.raises(redis.ResponseError, match="permissions"):
            stage.wait_for_end()
    finally:
        client.acl_deluser("limited")


def test_a_redis_full_of_entries_that_nobody_has_read_is_emptied(own_server: RedisServer) -> None:
    client = own_server.client()
    put(client, *(b"%d" % number + bytes(100_000) for number in range(40)))
    used: int = client.info("memory")["used_memory"]
    own_server.limit_memory(used - 500_000)

    class Large(Echo):
        def handle(self, delivery: Delivery) -> list[bytes]:
            return [delivery.body + bytes(100_000)]

    class Small(Echo):
        def handle(self, delivery: Delivery) -> list[bytes]:
            return [delivery.body[:2]]

    # There is no group yet, and the outputs are larger than the inputs.
    with Stage(own_server.url, Large(), is_output_bounded=True, output_capacity=4) as stage:
        wait_until(lambda: stage.metric("paused_seconds_total") > 0, describe="a pause at the capacity")
        assert client.xlen("out") == 4
        with Stage(own_server.url, Small(), streams=("out",), output="last", delete_done=True):
            wait_for_outputs(client, 40, stream="last")
    assert not pending_in(client)
