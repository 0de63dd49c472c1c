"""The pipeline listens again after any container has died or was restarted."""

import time

import pytest
import redis
from support.deployment.compose import LOOK_SECONDS, RUNNING, Containers
from support.deployment.demo_episodes import CRY_SECONDS, opened_since
from support.deployment.promql import query_value
from support.waiting import wait_until

from tears.kit.redis_client import connect
from tears.kit.registry.rooms import RoomState, read_rooms

LISTEN_SECONDS = 120.0


def last_heard(pipeline: Containers) -> tuple[str, float] | None:
    """Return how far the alerter has come in the demo: session and seconds; None if unknown or not listening."""
    with connect(pipeline.redis_url()) as client:
        try:
            room = read_rooms(client).get("demo")
        except redis.RedisError:
            return None
    return (room.session, room.heard_until_seconds) if room and room.state is not RoomState.DEAF else None


def wait_until_it_listens(pipeline: Containers) -> None:
    """Block until the alerter has judged more of the demo than before."""
    before = last_heard(pipeline)
    wait_until(
        lambda: last_heard(pipeline) not in {None, before},
        LISTEN_SECONDS,
        describe=lambda: f"more of the demo\n{pipeline.call('ps', '--all')}\n{pipeline.call('logs', '--tail', '20')}",
        look_seconds=LOOK_SECONDS,
    )


@pytest.mark.parametrize("service", RUNNING)
def test_a_container_that_is_killed_comes_back_and_the_pipeline_listens(pipeline: Containers, service: str) -> None:
    pipeline.wait_until_healthy(service)

    pipeline.crash(service)

    wait_until_it_listens(pipeline)
    pipeline.wait_until_healthy(service)


def test_prometheus_keeps_its_data_when_it_is_killed(pipeline: Containers) -> None:
    pipeline.wait_until_healthy("prometheus")
    address = f"{pipeline.address('prometheus')}:9090"
    started_at_seconds = query_value(address, 'process_start_time_seconds{job="prometheus"}')

    expr = f'max(timestamp(tears_alerter_episodes_total{{mic="demo"}} @ {started_at_seconds:.3f}))'
    assert 0 < query_value(address, expr) <= started_at_seconds


def test_a_pipeline_that_is_restarted_as_a_whole_alerts_at_the_next_cry(pipeline: Containers) -> None:
    pipeline.call("restart", *RUNNING)
    since_seconds = time.time()

    for service in RUNNING:
        pipeline.wait_until_healthy(service)
    wait_until(
        lambda: opened_since(pipeline, since_seconds),
        CRY_SECONDS,
        describe=lambda: f"an episode after the restart\n{pipeline.logs('alerter')}",
        look_seconds=LOOK_SECONDS,
    )
