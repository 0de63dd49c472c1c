"""The waits of an alerter that go on after its own restart."""

import os
import subprocess
import sys

import msgspec
import pytest
import redis
from support.alerter.alerter_runs import AlerterRuns, alerts, register
from support.processes.tears_command import tears
from support.redis.detections import LOUD, QUIET, night, publish, session_end

from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import read_mics
from tears.kit.registry.rooms import RoomState, read_rooms
from tears.kit.streams import names


def set_state(client: redis.Redis, state: MicState) -> None:
    record = msgspec.structs.replace(read_mics(client)["nursery"], state=state)
    client.hset(names.MICS_HASH, "nursery", record.encode())


def reboot(runs: AlerterRuns, state: MicState) -> None:
    """Listen for a while; then the recorder and the alerter stop in good order, and Redis forgets everything."""
    register(runs.client)
    run = runs.begin()
    publish(runs.client, [*night([QUIET] * 5), session_end(5)])
    run.read_all()
    set_state(runs.client, state)
    run.alerter._stop.set()
    run.alerter.run()
    run.kill()
    runs.client.flushall()


def test_a_recorder_that_was_stopped_for_a_reboot_and_does_not_come_back_is_reported(runs: AlerterRuns) -> None:
    reboot(runs, MicState.STOPPED)
    run = runs.begin()
    run.turn(7, seconds=10.0)
    assert run.titles() == ["nursery: not listening"]
    assert read_rooms(runs.client)["nursery"].state is RoomState.DEAF


def test_a_recording_that_is_over_is_not_expected_after_a_reboot(runs: AlerterRuns) -> None:
    reboot(runs, MicState.ENDED)
    run = runs.begin()
    run.turn(7, seconds=10.0)
    assert run.titles() == []


def test_deafness_is_reported_by_an_alerter_that_is_killed_every_45_s(runs: AlerterRuns) -> None:
    register(runs.client)
    for _ in range(2):
        run = runs.begin()
        run.turn(45, seconds=1.0)
        run.kill()
    assert runs.begin().titles() == ["nursery: not listening"]


def test_a_gap_is_given_up_by_an_alerter_that_is_killed_every_30_s(runs: AlerterRuns) -> None:
    publish(runs.client, [*night([QUIET]), *night([LOUD] * 4, first=2)])
    for _ in range(2):
        run = runs.begin()
        run.turn(30, seconds=1.0)
        run.kill()
    assert alerts(runs.client) == [8.0]


def test_a_room_is_retired_by_a_command(runs: AlerterRuns, redis_url: str) -> None:
    reboot(runs, MicState.STOPPED)
    run = runs.begin()
    run.turn()
    assert tears("retire", "nursery", "--redis", redis_url).returncode == 0
    run.turn(7, seconds=10.0)
    assert run.titles() == []
    run.alerter._stop.set()
    run.alerter.run()
    run.kill()
    runs.client.flushall()
    run = runs.begin()
    run.turn(7, seconds=10.0)
    assert run.titles() == []


@pytest.mark.parametrize(
    ("rooms", "words"), [(["nursery"], "a recorder of nursery is running"), (["attic"], "no room attic; the rooms are")]
)
def test_a_room_that_is_listened_to_or_unknown_cannot_be_retired(
    redis_client: redis.Redis, redis_url: str, rooms: list[str], words: str
) -> None:
    register(redis_client)
    redis_client.set(names.lease("nursery"), "somebody")
    result = tears("retire", *rooms, TEARS_REDIS_URL=redis_url)
    assert result.returncode == 1
    assert words in result.stderr.replace("\n", " ")


def test_a_room_is_retired_from_a_container_without_the_command(redis_client: redis.Redis, redis_url: str) -> None:
    register(redis_client)
    command = [sys.executable, "-m", "tears.recorder.retire_rooms"]
    environ = {**os.environ, "TEARS_REDIS_URL": redis_url}
    for room, words in (("nursery", "nothing is expected of nursery any more"), ("attic", "there is no room attic")):
        result = subprocess.run([*command, room], env=environ, capture_output=True, text=True, check=False)
        assert words in result.stdout + result.stderr
        assert result.returncode == (room == "attic")
    assert read_mics(redis_client)["nursery"].state is MicState.RETIRED


def test_without_redis_the_error_says_so() -> None:
    result = tears("retire", "nursery", "--redis", "redis://127.0.0.1:9/0")
    assert result.returncode == 1
    assert "Redis at 127.0.0.1:9/0 does not answer" in result.stderr.replace("\n", " ")


def test_a_room_of_the_service_of_this_machine_is_retired_though_nobody_named_its_redis(
    redis_client: redis.Redis, redis_url: str
) -> None:
    register(redis_client)
    result = tears("retire", "nursery", "--usual-redis", redis_url)
    assert result.returncode == 0, result.stderr
    assert read_mics(redis_client)["nursery"].state is MicState.RETIRED


def test_without_a_running_pipeline_the_error_asks_for_its_redis(redis_client: redis.Redis, redis_url: str) -> None:
    assert not redis_client.exists(names.MICS_HASH)
    result = tears("retire", "nursery", "--usual-redis", redis_url)
    assert result.returncode == 1
    assert "no ./tears up is running here" in result.stderr.replace("\n", " ")
