"""The recorder as a process with a Redis that is late, dies, loses data, hangs, or is full."""

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import redis
from integration.recorder.conftest import (
    MakeRecording,
    StartRecorder,
    assert_beginning,
    assert_whole,
    published,
    put_together,
)
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer
from support.waiting import wait_until

from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import read_mics
from tears.kit.streams.names import BODY, PREPROCESSOR_GROUP, chunks

STREAM = chunks("nursery")
# Longer than any test: the tests stop the recorder after it has recovered.
NIGHT_SECONDS = 60
SHORT_CHUNKS = {"chunk_seconds": 0.1}


def wait_for_chunks(client: redis.Redis, count: int) -> None:
    wait_until(lambda: client.xlen(STREAM) >= count)


def wait_until_unready(recorder: ServiceProcess) -> str:
    """Block until the recorder is not ready; return its reason."""
    wait_until(lambda: recorder.probe("/readyz")[0] == 503)
    return recorder.probe("/readyz")[1]


def stop(recorder: ServiceProcess) -> None:
    recorder.terminate()
    assert recorder.wait_for_exit() == 0


def count(recorder: ServiceProcess, noun: str) -> float:
    return recorder.metric(f"tears_recorder_{noun}_total", mic="nursery")


@pytest.mark.parametrize("starting_seconds", [600, 0])
def test_redis_may_start_after_the_recorder(
    redis_server: RedisServer, make_recording: MakeRecording, start_recorder: StartRecorder, starting_seconds: float
) -> None:
    recording = make_recording(NIGHT_SECONDS)
    redis_server.stop()
    recorder = start_recorder(redis_server.url, recording, starting_seconds=starting_seconds, **SHORT_CHUNKS)
    wait_until(lambda: count(recorder, "redis_failures") >= 3)
    wait_until(lambda: recorder.metric("tears_recorder_spool_seconds", mic="nursery") >= 0.5)
    assert "redis: " in wait_until_unready(recorder)
    assert recorder.probe("/healthz")[0] == 200

    redis_server.start()

    recorder.wait_until_ready()
    wait_for_chunks(redis_server.client(), 8)
    stop(recorder)
    assert_beginning(published(redis_server.client()), recording)
    # Services start in any order, so a Redis that comes while it may be starting is no fault; a later one is.
    is_fault = not starting_seconds
    assert ("the recorder keeps the sound in memory meanwhile" in recorder.log()) is is_fault
    assert ("recovered" in recorder.log()) is is_fault


def test_a_fast_recording_waits_for_redis_too(
    redis_server: RedisServer, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(300)
    redis_server.stop()
    recorder = start_recorder(redis_server.url, recording, pace="fast", lag_chunks=400, stream_seconds=500)
    wait_until(lambda: count(recorder, "redis_failures") >= 2)

    redis_server.start()

    assert recorder.wait_for_exit() == 0
    assert_whole(published(redis_server.client()), recording)


def test_a_redis_that_dies_and_comes_back_empty_gets_the_session_again(
    redis_server: RedisServer, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(NIGHT_SECONDS)
    recorder = start_recorder(redis_server.url, recording, **SHORT_CHUNKS)
    wait_for_chunks(redis_server.client(), 8)

    redis_server.kill()
    wait_until_unready(recorder)
    wait_until(lambda: count(recorder, "redis_failures") >= 3)
    redis_server.start()
    # One less than the stream had: the answer to the last one may be lost with Redis.
    wait_until(lambda: count(recorder, "resent_chunks") >= 7)
    stop(recorder)

    # It had answered, so this is an outage, however young the recorder is.
    assert recorder.log().count("the recorder keeps the sound in memory meanwhile") == 1
    assert recorder.log().count("recovered: redis") == 1
    client = redis_server.client()
    assert_beginning(published(client), recording)
    assert read_mics(client)["nursery"].state == "stopped"


def test_a_redis_that_dies_and_keeps_its_data_gets_only_what_it_lacks(
    make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(NIGHT_SECONDS)
    with RedisServer(durable=True) as server:
        recorder = start_recorder(server.url, recording, **SHORT_CHUNKS)
        wait_for_chunks(server.client(), 8)

        server.kill()
        wait_until_unready(recorder)
        server.start()
        recorder.wait_until_ready()
        wait_until(lambda: recorder.metric("tears_recorder_spool_seconds", mic="nursery") < 0.1)
        assert count(recorder, "resent_chunks") == 0
        stop(recorder)

        assert_beginning(published(server.client()), recording)


@pytest.mark.parametrize("is_group_made_again", [False, True])
def test_wiped_streams_are_filled_again_even_if_a_consumer_makes_an_empty_one_at_once(
    redis_url: str,
    redis_client: redis.Redis,
    make_recording: MakeRecording,
    start_recorder: StartRecorder,
    *,
    is_group_made_again: bool,
) -> None:
    recording = make_recording(NIGHT_SECONDS)
    recorder = start_recorder(redis_url, recording, **SHORT_CHUNKS)
    wait_for_chunks(redis_client, 8)

    with redis_client.pipeline(transaction=True) as together:
        together.flushall()
        if is_group_made_again:
            together.xgroup_create(STREAM, PREPROCESSOR_GROUP, id="0", mkstream=True)
        together.execute()
    # One less than the stream had: the answer to the last one may be lost with Redis.
    wait_until(lambda: count(recorder, "resent_chunks") >= 7)
    stop(recorder)

    assert_beginning(published(redis_client), recording)
    assert read_mics(redis_client)["nursery"].state == "stopped"


def test_a_call_that_takes_effect_after_the_recorder_gave_it_up_adds_nothing_twice(
    redis_server: RedisServer, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(NIGHT_SECONDS)
    recorder = start_recorder(redis_server.url, recording, **SHORT_CHUNKS)
    wait_for_chunks(redis_server.client(), 8)

    redis_server.freeze()
    # The client gives up a call after 5 s.
    wait_until(lambda: count(recorder, "redis_failures") >= 1)
    redis_server.thaw()
    recorder.wait_until_ready()
    stop(recorder)

    assert_beginning(published(redis_server.client()), recording)


def test_sound_that_does_not_fit_into_a_small_spool_is_a_gap_that_is_counted(
    redis_server: RedisServer, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    # 1 MB a second, and room for one second.
    recording = make_recording(20, rate_hz=48_000, channels=10)
    recorder = start_recorder(redis_server.url, recording, **SHORT_CHUNKS, spool_bytes=1_000_000)
    wait_for_chunks(redis_server.client(), 3)

    redis_server.kill()
    wait_until(lambda: count(recorder, "dropped_samples") > 0)
    redis_server.start()
    recorder.wait_until_ready()
    dropped_samples = count(recorder, "dropped_samples")
    stop(recorder)

    found = published(redis_server.client())
    for chunk in found:
        sound = recording.sound[chunk.first_sample : chunk.end_sample]
        np.testing.assert_array_equal(put_together([chunk], chunk.first_sample), sound)
    gaps = [after.first_sample - before.end_sample for before, after in pairwise(found)]
    assert min(gaps) == 0
    # The server has come back empty: what it had before is missing too, except what was still in the spool.
    assert found[0].first_sample + sum(gaps) >= dropped_samples
    assert found[-1].ends_session


def test_a_full_redis_is_reported_with_its_cure_and_nothing_is_lost(
    redis_server: RedisServer, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(NIGHT_SECONDS)
    client = redis_server.client()
    recorder = start_recorder(redis_server.url, recording, **SHORT_CHUNKS)
    wait_for_chunks(client, 5)

    redis_server.limit_memory(1)
    reason = wait_until_unready(recorder)
    assert "memory is full" in reason
    assert "maxmemory" in reason
    assert recorder.probe("/healthz")[0] == 200
    wait_until(lambda: count(recorder, "redis_full") >= 2)
    # Nobody has read the stream, so nothing is removed from it, however full Redis is.
    assert count(recorder, "shed_chunks") == 0
    redis_server.limit_memory(0)
    recorder.wait_until_ready()
    stop(recorder)

    assert_beginning(published(client), recording)


def test_finished_chunks_are_removed_from_a_small_redis_and_the_recording_continues(
    redis_server: RedisServer, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    # A chunk has 96 KB, and 60 chunks need twice the memory that there is.
    recording = make_recording(60, rate_hz=48_000)
    client = redis_server.client()
    client.xgroup_create(STREAM, PREPROCESSOR_GROUP, id="0", mkstream=True)
    memory: Any = client.info("memory")
    redis_server.limit_memory(memory["used_memory"] + 3_000_000)
    recorder = start_recorder(redis_server.url, recording, pace="fast", lag_chunks=5, stream_seconds=100)
    drawn: list[AudioChunk] = []
    shed_chunks = 0.0
    while not drawn or not drawn[-1].ends_session:
        reply: Any = client.xreadgroup(PREPROCESSOR_GROUP, "test", {STREAM: ">"}, count=5, block=20_000)
        assert reply, recorder.log()
        if len(drawn) < 50:  # while the recorder certainly runs
            shed_chunks = count(recorder, "shed_chunks")
        [(_, entries)] = reply
        drawn += [AudioChunk.decode(fields[BODY]) for _, fields in entries]
        client.xack(STREAM, PREPROCESSOR_GROUP, *(entry_id for entry_id, _ in entries))

    assert recorder.wait_for_exit() == 0
    assert_whole(drawn, recording)
    assert shed_chunks > 0
    assert client.xlen(STREAM) >= 10


@pytest.mark.parametrize("ends_session", [False, True])
def test_a_chunk_of_its_session_that_it_never_made_does_not_silence_live_sound(
    redis_url: str,
    redis_client: redis.Redis,
    make_recording: MakeRecording,
    start_recorder: StartRecorder,
    *,
    ends_session: bool,
) -> None:
    recorder = start_recorder(redis_url, make_recording(NIGHT_SECONDS), **SHORT_CHUNKS)
    wait_for_chunks(redis_client, 5)
    own = published(redis_client)[-1]
    # As sound from the end of the night, or as the end of the session at once.
    at = own.end_sample if ends_session else 10**9
    forged = dataclasses.replace(own, first_sample=at, pcm=b"" if ends_session else own.pcm, ends_session=ends_session)
    redis_client.xadd(STREAM, {BODY: forged.encode()})

    wait_for_chunks(redis_client, 15)
    stop(recorder)
    assert_beginning_without(forged, published(redis_client))


def assert_beginning_without(forged: AudioChunk, found: list[AudioChunk]) -> None:
    """Assert that the other chunks follow each other, and that nothing is missing between them."""
    own = [one for one in found if one != forged]
    assert len(own) == len(found) - 1
    assert own[-1].ends_session
    assert len(put_together(own)) == own[-1].end_sample
