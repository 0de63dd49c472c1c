"""The recorder as a process: a recording becomes chunks in Redis, and a bad one a line that says the cure."""

import dataclasses
import json
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from integration.recorder.conftest import RATE_HZ, MakeRecording, StartRecorder, assert_whole, published, put_together
from support.waiting import wait_until

from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import read_mics
from tears.kit.streams.names import BODY, PREPROCESSOR_GROUP, chunks, lease

STREAM = chunks("nursery")


@pytest.mark.parametrize(("seconds", "channels", "rate_hz"), [(7.3, 1, RATE_HZ), (2.5, 6, 96_000)])
def test_every_sample_of_a_recording_arrives_once_and_in_order(
    redis_url: str,
    redis_client: redis.Redis,
    make_recording: MakeRecording,
    start_recorder: StartRecorder,
    seconds: float,
    channels: int,
    rate_hz: int,
) -> None:
    recording = make_recording(seconds, channels=channels, rate_hz=rate_hz)
    recorder = start_recorder(redis_url, recording, pace="fast")

    assert recorder.wait_for_exit() == 0

    found = published(redis_client)
    assert_whole(found, recording)
    assert {(chunk.mic, chunk.sample_rate_hz, chunk.channels) for chunk in found} == {("nursery", rate_hz, channels)}
    assert {chunk.samples for chunk in found[:-1]} == {rate_hz}


def test_the_end_of_a_recording_frees_the_name_and_is_in_the_registry(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(2)
    start_recorder(redis_url, recording, pace="fast", mic="attic-1").wait_for_exit()

    record = read_mics(redis_client)["attic-1"]
    [session] = {chunk.session for chunk in published(redis_client, "attic-1")}
    assert (record.state, record.session, record.device) == ("ended", session, str(recording.path))
    assert (record.sample_rate_hz, record.channels) == (RATE_HZ, 1)
    assert redis_client.get(lease("attic-1")) is None


def test_a_recording_in_real_time_takes_as_long_as_its_sound(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(2.5)
    recorder = start_recorder(redis_url, recording, pace="realtime", chunk_seconds=0.5, log_format="json")

    assert recorder.wait_for_exit() == 0

    found = published(redis_client)
    assert_whole(found, recording)
    captured = [chunk.captured_at_seconds for chunk in found]
    assert captured == sorted(captured)
    # Neither depends on how soon the test looks.
    lines = [json.loads(line) for line in recorder.log().splitlines()]
    (began,) = [datetime.fromisoformat(line["time"]) for line in lines if "listening to" in line["message"]]
    last: Any = redis_client.xrevrange(STREAM, count=1)
    published_at_seconds = int(last[0][0].split(b"-")[0]) / 1_000
    assert published_at_seconds - began.timestamp() >= 2.3
    assert abs(captured[-1] - published_at_seconds) < 10


def test_a_microphone_is_registered_before_its_first_chunk(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recorder = start_recorder(redis_url, make_recording(60), chunk_seconds=5, lease_seconds=1)

    def is_listening() -> bool:
        record = read_mics(redis_client).get("nursery")
        return record is not None and record.state == "listening"

    wait_until(is_listening)
    first = read_mics(redis_client)["nursery"]
    assert published(redis_client) == []
    # The record is renewed although there is nothing to publish.
    wait_until(lambda: read_mics(redis_client)["nursery"].heartbeat_seconds > first.heartbeat_seconds)
    assert published(redis_client) == []
    wait_until(lambda: redis_client.pttl(lease("nursery")) > 0)
    recorder.wait_until_ready()


def test_a_fast_recording_waits_for_the_preprocessor_and_nothing_is_trimmed_unread(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(90)
    redis_client.xgroup_create(STREAM, PREPROCESSOR_GROUP, id="0", mkstream=True)
    recorder = start_recorder(redis_url, recording, pace="fast", stream_seconds=20, lag_chunks=6)

    drawn: list[dict[bytes, bytes]] = []
    held: list[Any] = []
    most_unfinished = 0

    def unfinished() -> int:
        groups: Any = redis_client.xinfo_groups(STREAM)
        return int(groups[0]["lag"] + groups[0]["pending"])

    while len(drawn) < 91:
        wait_until(lambda: unfinished() >= 6 or not recorder.is_running, describe=recorder.log)
        most_unfinished = max(most_unfinished, unfinished())
        reply: Any = redis_client.xreadgroup(PREPROCESSOR_GROUP, "test", {STREAM: ">"}, count=3)
        entries = reply[0][1] if reply else []
        drawn += [fields for _, fields in entries]
        held += [entry_id for entry_id, _ in entries]
        # Drawn chunks count until they are finished: keep three unfinished.
        if done := held[:-3]:
            redis_client.xack(STREAM, PREPROCESSOR_GROUP, *done)
            del held[:-3]

    assert recorder.wait_for_exit() == 0
    assert most_unfinished <= 6
    assert len(drawn) == 91
    assert redis_client.xlen(STREAM) == 20
    assert_whole([AudioChunk.decode(fields[BODY]) for fields in drawn], recording)


def test_without_a_preprocessor_a_fast_recording_waits_at_the_lag_and_renews_its_heartbeat(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recorder = start_recorder(redis_url, make_recording(60), pace="fast", lag_chunks=5, lease_seconds=1)
    wait_until(lambda: len(published(redis_client)) == 5)

    heartbeat_seconds = read_mics(redis_client)["nursery"].heartbeat_seconds
    wait_until(lambda: read_mics(redis_client)["nursery"].heartbeat_seconds > heartbeat_seconds)

    assert len(published(redis_client)) == 5
    assert recorder.metric("tears_recorder_trimmed_unread_chunks_total", mic="nursery") == 0
    assert recorder.probe("/readyz")[0] == 200


def test_unread_chunks_that_a_recording_in_real_time_trims_are_counted(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    settings = {"pace": "realtime", "chunk_seconds": 0.1, "stream_seconds": 15}
    for entry in range(150):
        redis_client.xadd(STREAM, {"message": b"left by an earlier recorder"}, id=f"1-{entry + 1}")
    recorder = start_recorder(redis_url, make_recording(60), **settings)

    wait_until(lambda: recorder.metric("tears_recorder_trimmed_unread_chunks_total", mic="nursery") >= 3)

    assert redis_client.xlen(STREAM) == 150
    assert recorder.log().count("chunks are trimmed before the preprocessor has read them") == 1


def test_a_truncated_recording_is_played_to_its_end_and_the_fault_is_logged(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    recording = make_recording(4)
    recording.path.write_bytes(recording.path.read_bytes()[: 44 + 2 * 20_000])

    recorder = start_recorder(redis_url, recording, pace="fast")

    assert recorder.wait_for_exit() == 0
    assert "lacks 24000 of 64000 bytes of sound; it was played up to there" in recorder.log()
    found = published(redis_client)
    np.testing.assert_array_equal(put_together(found), recording.sound[:20_000])
    assert found[-1].ends_session


def test_a_bad_recording_ends_the_recorder_with_status_1_and_one_line(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path, start_recorder: StartRecorder
) -> None:
    path = tmp_path / "notes.wav"
    path.write_text("This is no sound at all.")
    recorder = start_recorder(redis_url, path)

    assert recorder.wait_for_exit() == 1

    [line] = [line for line in recorder.log().splitlines() if line.startswith("recorder: ")]
    assert line.startswith(f"recorder: {path} is not a recording that can be read")
    assert "Traceback" not in recorder.log()
    assert redis_client.keys() == []


def test_a_fast_microphone_ends_the_recorder_with_the_status_of_bad_settings(
    redis_url: str, tmp_path: Path, start_recorder: StartRecorder
) -> None:
    recorder = start_recorder(redis_url, tmp_path, input="", pace="fast")

    assert recorder.wait_for_exit() == 78
    assert "set TEARS_RECORDER_INPUT to the path" in recorder.log()


def test_a_fast_recording_waits_for_a_single_chunk_whose_consumer_is_away(
    redis_url: str, redis_client: redis.Redis, make_recording: MakeRecording, start_recorder: StartRecorder
) -> None:
    redis_client.xgroup_create(STREAM, PREPROCESSOR_GROUP, id="0", mkstream=True)
    recorder = start_recorder(redis_url, make_recording(90), pace="fast", stream_seconds=30, lag_chunks=6)
    seen: list[AudioChunk] = []
    left_behind: list[Any] = []

    def draw(count: int) -> int:
        reply: Any = redis_client.xreadgroup(PREPROCESSOR_GROUP, "test", {STREAM: ">"}, count=count, block=200)
        for entry_id, fields in reply[0][1] if reply else ():
            seen.append(AudioChunk.decode(fields[BODY]))
            if len(seen) == 20:
                left_behind.append(entry_id)
            else:
                redis_client.xack(STREAM, PREPROCESSOR_GROUP, entry_id)
        return len(reply or ())

    wait_until(lambda: draw(3) == 0 and len(seen) > 20, describe=recorder.log)
    kept = published(redis_client)
    # It has gone on until the stream was full, and has kept the chunk with the 10 that its windows look back on.
    assert len(kept) == 30
    assert kept[0].first_sample <= seen[9].first_sample
    assert redis_client.xrange(STREAM, left_behind[0], left_behind[0])

    redis_client.xack(STREAM, PREPROCESSOR_GROUP, left_behind[0])
    wait_until(lambda: draw(3) == 0 and not recorder.is_running, describe=recorder.log)
    assert len(seen) == 91


@pytest.mark.parametrize("held_chunks", [45, 60])
def test_a_fast_recording_goes_on_after_a_part_that_the_stream_already_holds(
    redis_url: str,
    redis_client: redis.Redis,
    make_recording: MakeRecording,
    start_recorder: StartRecorder,
    held_chunks: int,
) -> None:
    recording = make_recording(60)
    settings = {"pace": "fast", "session": "night", "lag_chunks": 20, "lease_seconds": 1, "stream_seconds": 100}
    redis_client.xgroup_create(STREAM, PREPROCESSOR_GROUP, id="0", mkstream=True)
    first = start_recorder(redis_url, recording, **settings)
    wait_until(lambda: len(published(redis_client)) == 20)
    first.send_signal(signal.SIGSTOP)
    wait_until(lambda: redis_client.get(lease("nursery")) is None)

    def finish_all() -> None:
        reply: Any = redis_client.xreadgroup(PREPROCESSOR_GROUP, "test", {STREAM: ">"})
        if reply:
            redis_client.xack(STREAM, PREPROCESSOR_GROUP, *(entry_id for entry_id, _ in reply[0][1]))

    # Another process goes on with the same session, further than the first has read: a part of it, or to its end.
    held = published(redis_client)
    size = held[0].samples
    for number in range(20, held_chunks):
        pcm = recording.sound[number * size : (number + 1) * size].astype("<i2").tobytes()
        one = dataclasses.replace(held[0], first_sample=number * size, pcm=pcm, ends_session=number == 59)
        redis_client.xadd(STREAM, {BODY: one.encode()})
    first.send_signal(signal.SIGCONT)

    def has_ended() -> bool:
        finish_all()
        return not first.is_running

    wait_until(has_ended, describe=first.log)
    assert_whole(published(redis_client), recording)
