"""Each entry has its output exactly once, even if processes die."""

from pathlib import Path

import pytest
import redis
from support.places import TESTS
from support.processes.echo_service import DEADLY
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer
from support.redis.stages import Stage, bodies_in, dead_letters, draw_as, pending_in, put, wait_for_outputs
from support.waiting import wait_until


def echo_process(url: str, tmp_path: Path, *, host: str, dies: str = "never", cap: int = 5) -> ServiceProcess:
    return ServiceProcess(
        "support.processes.echo_service",
        {
            "PYTHONPATH": str(TESTS),
            "TEARS_REDIS_URL": url,
            "TEARS_HOST": host,
            "TEARS_ECHO_DIES": dies,
            "TEARS_ECHO_DELIVERY_CAP": str(cap),
        },
        tmp_path / f"{host}.log",
    )


def test_every_entry_has_one_output_with_two_consumers(server: RedisServer, client: redis.Redis) -> None:
    bodies = [b"%d" % number for number in range(300)]
    put(client, *bodies)
    with Stage(server.url, consumer="a", in_flight=3) as one, Stage(server.url, consumer="b", in_flight=3) as other:
        wait_for_outputs(client, 300)
    assert sorted(bodies_in(client)) == sorted(body + b"!" for body in bodies)
    assert one.entries("done") + other.entries("done") == 300
    assert one.metric("outputs_total") + other.metric("outputs_total") == 300
    assert not pending_in(client)


@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_process_killed_while_it_finishes_an_entry_loses_and_doubles_nothing(
    server: RedisServer, client: redis.Redis, tmp_path: Path, dies: str
) -> None:
    bodies = [b"%d" % number for number in range(40)]
    bodies[20] = DEADLY
    put(client, *bodies)
    with echo_process(server.url, tmp_path, host="victim", dies=dies) as victim:
        assert victim.wait_for_exit() == -9
    written = client.xlen("out")
    assert 15 < written < 40
    assert (DEADLY + b"!" in bodies_in(client)) == (dies == "after")
    with Stage(server.url, consumer="heir"):
        wait_for_outputs(client, 40)
        wait_until(lambda: not pending_in(client), describe="nothing pending")
    assert sorted(bodies_in(client)) == sorted(body + b"!" for body in bodies)


def test_processes_killed_at_any_moment_lose_and_double_nothing(
    server: RedisServer, client: redis.Redis, tmp_path: Path
) -> None:
    bodies = [b"%d" % number for number in range(1_200)]
    put(client, *bodies)
    for goal in (100, 500):
        with echo_process(server.url, tmp_path, host="victim") as victim:
            wait_for_outputs(client, goal)
            victim.kill()
    assert client.xlen("out") < 1_200
    with Stage(server.url, consumer="heir", in_flight=4):
        wait_for_outputs(client, 1_200)
        wait_until(lambda: not pending_in(client), describe="nothing pending")
    assert sorted(bodies_in(client)) == sorted(body + b"!" for body in bodies)


def test_own_unfinished_entries_come_first_after_a_restart(server: RedisServer, client: redis.Redis) -> None:
    put(client, b"1", b"2", b"3", b"4")
    draw_as(client, "a", 2)
    # The limit is too long for a claim: it can only have found them as its own.
    with Stage(server.url, consumer="a", claim_idle_seconds=3) as stage:
        wait_for_outputs(client, 4)
    assert bodies_in(client) == [b"1!", b"2!", b"3!", b"4!"]
    assert stage.metric("claimed_entries_total") == 0


def test_a_process_that_is_asked_to_stop_leaves_nothing_pending(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    put(redis_client, *(b"%d" % number for number in range(3_000)))
    with echo_process(redis_url, tmp_path, host="one") as service:
        wait_for_outputs(redis_client, 100)
        service.terminate()
        assert service.wait_for_exit() == 0
    assert redis_client.xlen("out") < 3_000
    assert not pending_in(redis_client)


def test_an_entry_that_kills_its_process_is_buried_after_the_cap(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    (entry_id,) = put(redis_client, DEADLY)
    assert draw_as(redis_client, "victim-0") == [entry_id]  # as a consumer does that dies at once
    with echo_process(redis_url, tmp_path, host="victim", dies="before", cap=2) as victim:
        assert victim.wait_for_exit() == -9
    with Stage(redis_url, consumer="victim-0", delivery_cap=2):
        wait_for_outputs(redis_client, 1)
    assert bodies_in(redis_client) == [DEADLY + b"?"]
    assert dead_letters(redis_client) == [
        {
            b"message": DEADLY,
            b"error": b"begun 2 times and never finished",
            b"entry": entry_id,
            b"consumer": b"victim-0",
        }
    ]
    assert not pending_in(redis_client)
