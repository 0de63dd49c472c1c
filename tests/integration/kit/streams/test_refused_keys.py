"""Keys that hold something else or may not be written cost no entry: scripts check before they change anything."""

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
    draw_as,
    pending_in,
    put,
    wait_for_outputs,
)
from support.waiting import wait_until

from tears.kit.errors import UnprocessableError
from tears.kit.streams.delivery import Delivery


@pytest.mark.parametrize("key", ["out", "in.dead"])
def test_an_output_that_is_no_stream_costs_no_entry(server: RedisServer, client: redis.Redis, key: str) -> None:
    def refuse(delivery: Delivery) -> None:
        if delivery.body == b"bad":
            raise UnprocessableError("it is bad")

    client.set(key, "no stream")
    put(client, b"1", b"bad")
    with Stage(server.url, Echo(refuse), delete_done=True, delivery_cap=1) as stage:
        if key == "out":
            wait_until(lambda: "out is a string and not a stream" in stage.health.ready().reason, describe="the cause")
            wait_until(lambda: stage.metric("redis_failures_total") >= 3, describe="refusals")
            assert len(pending_in(client)) == 1
            assert client.xlen("in") == 2
            client.delete(key)
        wait_for_outputs(client, 2)
        wait_until(lambda: client.xlen("in") == 0, describe="an empty input")
        wait_until(lambda: stage.health.ready().good, describe="ready again")
    assert bodies_in(client) == [b"1!", b"bad?"]
    assert len(dead_letters(client)) == 1 if key == "out" else client.get(key) == b"no stream"


def test_a_user_who_may_not_write_the_output_costs_no_entry(server: RedisServer, client: redis.Redis) -> None:
    put(client, b"1")
    client.xgroup_create("in", GROUP, id="0")
    client.acl_setuser("limited", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-xadd"])
    client.acl_setuser("limited_too", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-xack"])
    try:
        for user in ("limited", "limited_too"):
            url = f"{server.url}?username={user}&password=any"
            with Stage(url, delivery_cap=1, delete_done=True) as stage:
                wait_until(lambda stage=stage: "allow it" in stage.health.ready().reason, describe="the cause")  # type: ignore[misc]
            assert (client.xlen("in"), client.xlen("out")) == (1, 0)
    finally:
        client.acl_deluser("limited", "limited_too")
    with Stage(server.url, delivery_cap=1):
        wait_for_outputs(client, 1)
    assert bodies_in(client) == [b"1!"]


def test_finished_entries_that_were_not_deleted_are_removed(server: RedisServer, client: redis.Redis) -> None:
    put(client, b"1", b"2", b"3")
    client.xack("in", GROUP, *draw_as(client, "a", 2))
    with Stage(server.url, delete_done=True):
        wait_until(lambda: client.xlen("in") == 0, describe="an empty input")
    assert bodies_in(client) == [b"3!"]


def test_a_stage_draws_nothing_while_its_output_is_no_stream(server: RedisServer, client: redis.Redis) -> None:
    client.set("out", "no stream")
    put(client, b"1")
    with Stage(server.url, output_capacity=3) as stage:
        wait_until(lambda: "out: WRONGTYPE" in stage.health.ready().reason, describe="the cause")
        assert not pending_in(client)
        client.delete("out")
        wait_for_outputs(client, 1)
        wait_until(lambda: stage.health.ready().good, describe="ready again")


@pytest.mark.parametrize("others", [(), ("second",)])
def test_a_key_of_a_wrong_type_is_reported_and_waited_for(
    server: RedisServer, client: redis.Redis, others: tuple[str, ...]
) -> None:
    client.set("in", "no stream")
    with Stage(server.url, streams=("in", *others)) as stage:
        wait_until(lambda: "in: WRONGTYPE" in stage.health.ready().reason, describe="the cause")
        client.delete("in")
        put(client, b"1")
        wait_for_outputs(client, 1)
        wait_until(lambda: stage.health.ready().good, describe="ready again")
    assert bodies_in(client) == [b"1!"]


@pytest.mark.parametrize("others", [(), ("second",)])
def test_a_key_that_becomes_something_else_during_the_work_is_waited_for(
    server: RedisServer, client: redis.Redis, others: tuple[str, ...]
) -> None:
    gate = Gate()
    put(client, b"lost")
    with Stage(server.url, Echo(gate), streams=("in", *others), in_flight=2) as stage:
        wait_until(lambda: gate.waiting == 1, describe="an entry in its handler")
        client.set("in", "no stream")
        wait_until(lambda: "in: WRONGTYPE" in stage.health.ready().reason, describe="the cause")
        gate.open()
        for stream in others:
            put(client, b"2", stream=stream)
            wait_for_outputs(client, 1)
        client.delete("in")
        put(client, b"1")
        wait_for_outputs(client, 1 + len(others))
        wait_until(lambda: stage.health.ready().good, describe="ready again")
        assert stage.entries("lost") == 1
    assert sorted(bodies_in(client)) == sorted([b"1!", *(b"2!" for _ in others)])


@pytest.mark.parametrize("why", ["not allowed", "another type"])
def test_the_line_about_a_stream_that_is_left_out_names_the_right_cure(
    server: RedisServer, client: redis.Redis, caplog: pytest.LogCaptureFixture, why: str
) -> None:
    url = server.url
    if why == "not allowed":
        put(client, b"1")
        client.acl_setuser("blind", enabled=True, nopass=True, keys=["out", "in.dead"], commands=["+@all"])
        url = f"{server.url}?username=blind&password=any"
    else:
        client.set("in", "no stream")
    try:
        with Stage(url):
            wait_until(lambda: any("is left out" in line for line in caplog.messages), describe="the line in the log")
    finally:
        client.acl_deluser("blind")
    (line,) = {line for line in caplog.messages if "is left out" in line}
    allows, deletes = line.endswith("; allow this user of Redis to read it"), "delete or rename" in line
    assert (allows, deletes) == ((True, False) if why == "not allowed" else (False, True)), line
