"""The recorder as a process: one recorder for each name, and how it stops."""

import os
import re
import signal
from itertools import pairwise
from typing import Any

import numpy as np
import redis
from integration.recorder.conftest import (
    MakeRecording,
    StartRecorder,
    assert_beginning,
    assert_whole,
    published,
    put_together,
    sessions,
)
from support.redis.servers import RedisServer
from support.waiting import wait_until

from tears.kit.registry.mics import read_mics
from tears.kit.streams.names import chunks, lease

STREAM = chunks("nursery")
LEASE = lease("nursery")
SHORT_CHUNKS = {"chunk_seconds": 0.1}


def wait_for_chunks(client: redis.Redis, count: int) -> None:
    wait_until(lambda: client.xlen(STREAM) >= count)


def test_a_second_recorder_of_a_name_names_the_first_and_takes_over_when_it_ends(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(60)
    first = start_recorder(redis_url, recording, log="first.log", **SHORT_CHUNKS)
    wait_for_chunks(redis_client, 3)
    holder: Any = redis_client.get(LEASE)
    [first_session] = sessions(published(redis_client))

    second_recording = make_recording(60, name="second.wav")
    second = start_recorder(redis_url, second_recording, log="second.log", **SHORT_CHUNKS)
    wait_until(lambda: second.metric("tears_recorder_name_conflicts_total", mic="nursery") >= 2)
    status, reason = second.probe("/readyz")
    assert status == 503
    assert f"the microphone name nursery is taken by {holder.decode()}" in reason
    assert "another name with TEARS_RECORDER_MIC" in reason
    assert second.probe("/healthz")[0] == 200
    assert sessions(published(redis_client)) == [first_session]
    assert first.probe("/readyz")[0] == 200

    first.terminate()
    assert first.wait_for_exit() == 0
    second.wait_until_ready()
    second.terminate()
    assert second.wait_for_exit() == 0

    found = published(redis_client)
    earlier = [chunk for chunk in found if chunk.session == first_session]
    later = found[len(earlier) :]
    assert earlier[-1].ends_session
    # The sound that it captured while it waited is there too.
    assert_beginning(later, second_recording)


def test_the_next_recorder_takes_over_when_the_lease_of_a_killed_one_ends(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(3)
    settings = {**SHORT_CHUNKS, "lease_seconds": 1.5}
    first = start_recorder(redis_url, recording, log="first.log", **settings)
    wait_for_chunks(redis_client, 5)
    first.kill()
    left_chunks = redis_client.xlen(STREAM)

    second = start_recorder(redis_url, recording, log="second.log", **settings)
    assert second.wait_for_exit() == 0

    found = published(redis_client)
    np.testing.assert_array_equal(put_together(found[:left_chunks]), recording.sound[: left_chunks * 800])
    assert not any(chunk.ends_session for chunk in found[:left_chunks])
    assert_whole(found[left_chunks:], recording)
    assert len(sessions(found)) == 2


def test_a_recorder_that_was_frozen_does_not_write_between_the_chunks_of_the_one_that_took_over(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    first = start_recorder(redis_url, make_recording(60), log="first.log", **SHORT_CHUNKS, lease_seconds=2)
    wait_for_chunks(redis_client, 3)
    os.kill(first.pid, signal.SIGSTOP)
    wait_until(lambda: redis_client.get(LEASE) is None)
    held_chunks = redis_client.xlen(STREAM)

    second_recording = make_recording(60, name="second.wav")
    second = start_recorder(redis_url, second_recording, log="second.log", **SHORT_CHUNKS, lease_seconds=2)
    wait_for_chunks(redis_client, held_chunks + 3)
    os.kill(first.pid, signal.SIGCONT)
    wait_until(lambda: first.probe("/readyz")[0] == 503)
    second.terminate()
    assert second.wait_for_exit() == 0

    # The first continues where it had stopped, with the sound since then, and repeats nothing.
    wait_until(lambda: first.probe("/readyz")[0] == 200)
    first.terminate()
    assert first.wait_for_exit() == 0
    found = published(redis_client)
    first_session, second_session = sessions(found)
    assert_beginning([chunk for chunk in found if chunk.session == second_session], second_recording)
    own = [chunk for chunk in found if chunk.session == first_session]
    assert len(put_together(own)) == own[-1].end_sample
    assert own[-1].ends_session
    changes = [after.session for before, after in pairwise(found) if after.session != before.session]
    assert changes == [second_session, first_session]


def test_a_stop_ends_the_session_gives_the_name_back_and_exits_with_status_0(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(60)
    recorder = start_recorder(redis_url, recording, **SHORT_CHUNKS)
    wait_for_chunks(redis_client, 5)

    recorder.terminate()

    assert recorder.wait_for_exit() == 0
    found = published(redis_client)
    assert_beginning(found, recording)
    assert redis_client.get(LEASE) is None
    assert read_mics(redis_client)["nursery"].state == "stopped"


def test_a_stop_ends_the_wait_of_a_fast_recording_for_the_preprocessor(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(60)
    recorder = start_recorder(redis_url, recording, pace="fast", lag_chunks=5)
    wait_for_chunks(redis_client, 5)

    recorder.terminate()

    assert recorder.wait_for_exit() == 0
    found = published(redis_client)
    assert_beginning(found, recording)
    assert len(found) <= 5 + 3


def test_a_stop_while_redis_is_away_takes_limited_time_and_logs_what_is_lost(
    redis_server: RedisServer, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recorder = start_recorder(redis_server.url, make_recording(60), **SHORT_CHUNKS)
    wait_for_chunks(redis_server.client(), 3)
    redis_server.kill()
    wait_until(lambda: recorder.metric("tears_recorder_spool_seconds", mic="nursery") >= 0.5)

    recorder.terminate()

    assert recorder.wait_for_exit(15) == 0
    lost = re.search(r"stopping; (\d+) samples .* are lost", recorder.log())
    assert lost is not None
    assert int(lost[1]) >= 4_000


def test_a_stop_waits_a_few_seconds_for_a_redis_that_is_away(
    redis_server: RedisServer, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(60)
    recorder = start_recorder(redis_server.url, recording, **SHORT_CHUNKS)
    wait_for_chunks(redis_server.client(), 3)
    redis_server.kill()
    wait_until(lambda: recorder.metric("tears_recorder_spool_seconds", mic="nursery") >= 0.5)

    recorder.terminate()
    recorder.wait_for_log("draining")
    redis_server.start()

    assert recorder.wait_for_exit() == 0
    found = published(redis_server.client())
    assert_beginning(found, recording)
