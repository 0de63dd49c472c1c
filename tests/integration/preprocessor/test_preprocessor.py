"""The real preprocessor process on a real Redis."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import redis
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer
from support.sound.chunks import chunk, chunks, known_noise
from support.waiting import wait_until

from tears.audio.window import make_window
from tears.kit.messages import AudioChunk, AudioWindow, TombstoneReason
from tears.kit.registry.mics import MicRecord
from tears.kit.streams.names import BODY, MICS_HASH, PREPROCESSOR_GROUP, WINDOWS_STREAM, dead
from tears.kit.streams.names import chunks as chunk_stream

DEADLINE_SECONDS = 60.0
RATE_HZ = 8_000


@contextlib.contextmanager
def preprocessor(url: str, tmp_path: Path, **settings: str) -> Iterator[ServiceProcess]:
    environ = {
        "TEARS_REDIS_URL": url,
        "TEARS_PREPROCESSOR_PROBE_PORT": "0",
        "TEARS_PREPROCESSOR_WINDOWS_CAPACITY": "1000",
        "TEARS_HOST": "test",
        **settings,
    }
    log_path = tmp_path / f"preprocessor{settings.get('TEARS_SLOT', '')}.log"
    with ServiceProcess("tears.preprocessor", environ, log_path) as process:
        yield process


def register(client: redis.Redis, mic: str = "nursery") -> None:
    record = MicRecord(mic=mic, sample_rate_hz=RATE_HZ, channels=1, device="test", session="s1", heartbeat_seconds=0.0)
    client.hset(MICS_HASH, mic, record.encode())


def add(client: redis.Redis, stream: Sequence[AudioChunk]) -> None:
    for one in stream:
        client.xadd(chunk_stream(one.mic), {BODY: one.encode()})


def windows(client: redis.Redis) -> list[AudioWindow]:
    entries: Any = client.xrange(WINDOWS_STREAM)
    return sorted((AudioWindow.decode(fields[BODY]) for _, fields in entries), key=lambda one: one.header.index)


def wait_for(client: redis.Redis, count: int) -> list[AudioWindow]:
    wait_until(lambda: client.xlen(WINDOWS_STREAM) >= count, DEADLINE_SECONDS, describe=lambda: f"{count} windows")
    return windows(client)


def test_windows_are_made_by_the_audio_library(redis_url: str, redis_client: redis.Redis, tmp_path: Path) -> None:
    sound = known_noise(7 * RATE_HZ + 10)
    register(redis_client)
    add(redis_client, chunks(sound, ends_session=True))
    with preprocessor(redis_url, tmp_path) as process:
        found = wait_for(redis_client, 4)
        process.wait_until_ready()
        process.terminate()
        assert process.wait_for_exit() == 0
    assert [one.header.window_id for one in found] == [f"nursery/s1/{index}" for index in range(4)]
    for index, one in enumerate(found[:3]):
        expected = make_window(sound[index * RATE_HZ : (index + 5) * RATE_HZ], RATE_HZ, None)
        assert one.pcm is not None
        np.testing.assert_array_equal(np.frombuffer(one.pcm, "<i2"), expected.samples)
        assert (one.header.start_seconds, one.header.end_seconds) == (index, index + 5)
        assert one.header.level_dbfs == expected.level_dbfs
        assert one.header.gain_db == expected.gain_db
        assert one.header.clipped_samples == expected.clipped_samples
    assert found[3].tombstone is not None
    assert found[3].tombstone.reason is TombstoneReason.END_OF_SESSION


def test_gain_and_hop_are_settings(redis_url: str, redis_client: redis.Redis, tmp_path: Path) -> None:
    register(redis_client)
    add(redis_client, chunks(known_noise(6 * RATE_HZ)))
    settings = {"TEARS_PREPROCESSOR_GAIN_DB": "45", "TEARS_PREPROCESSOR_HOP_SECONDS": "0.5"}
    with preprocessor(redis_url, tmp_path, **settings):
        found = wait_for(redis_client, 3)
    assert [one.header.start_seconds for one in found] == [0.0, 0.5, 1.0]
    assert {one.header.gain_db for one in found} == {45.0}


def test_a_chunk_that_is_not_protobuf_is_buried_and_its_gap_becomes_tombstones(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    stream = chunks(known_noise(13 * RATE_HZ))
    register(redis_client)
    add(redis_client, stream[:6])
    redis_client.xadd(chunk_stream("nursery"), {BODY: b"\xff\xff\xff"})
    add(redis_client, stream[7:])
    with preprocessor(redis_url, tmp_path) as process:
        found = wait_for(redis_client, 9)
        wait_until(
            lambda: redis_client.xlen(dead(chunk_stream("nursery"))) == 1, DEADLINE_SECONDS, describe="a dead letter"
        )
        assert process.is_running
    assert [one.header.index for one in found] == list(range(9))
    assert [one.header.index for one in found if one.tombstone] == [2, 3, 4, 5, 6]


def test_a_poisoned_chunk_becomes_tombstones_and_still_ends_its_session(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    register(redis_client)
    stream = chunk_stream("nursery")
    add(redis_client, chunks(known_noise(7 * RATE_HZ)))
    end = dataclasses.replace(chunk(known_noise(RATE_HZ), 7 * RATE_HZ), ends_session=True)
    add(redis_client, [end])
    entries: Any = redis_client.xrange(stream)
    redis_client.xgroup_create(stream, PREPROCESSOR_GROUP, id="0")
    redis_client.xreadgroup(PREPROCESSOR_GROUP, "test-0", {stream: ">"})
    for poison in (entries[5][0], entries[7][0]):
        redis_client.xclaim(stream, PREPROCESSOR_GROUP, "test-0", 0, [poison], retrycount=5)
    with preprocessor(redis_url, tmp_path) as process:
        found = wait_for(redis_client, 5)
        wait_until(lambda: redis_client.xlen(dead(stream)) == 2, DEADLINE_SECONDS, describe="two dead letters")
        poison_metric = partial(process.metric, "tears_preprocessor_tombstones_total", mic="nursery", reason="poison")
        wait_until(lambda: poison_metric() == 2, DEADLINE_SECONDS, describe="two windows that count as poison")
    assert [(one.header.index, one.tombstone and one.tombstone.reason) for one in found] == [
        (0, None),
        (1, TombstoneReason.POISON),
        (2, None),
        (3, TombstoneReason.POISON),
        (4, TombstoneReason.END_OF_SESSION),
    ]


def test_a_chunk_with_an_unusable_rate_is_buried_with_the_reason(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    register(redis_client)
    add(redis_client, [chunk(known_noise(100), 0, rate_hz=100)])
    with preprocessor(redis_url, tmp_path) as process:
        stream = dead(chunk_stream("nursery"))
        wait_until(lambda: redis_client.xlen(stream) == 1, DEADLINE_SECONDS, describe="a dead letter")
        assert process.metric("tears_preprocessor_entries_total", outcome="dead") == 1
    letters: Any = redis_client.xrange(stream)
    assert b"4000" in letters[0][1][b"error"]


def test_it_pauses_while_nobody_takes_the_windows(redis_url: str, redis_client: redis.Redis, tmp_path: Path) -> None:
    register(redis_client)
    add(redis_client, chunks(known_noise(30 * RATE_HZ)))
    with preprocessor(redis_url, tmp_path, TEARS_PREPROCESSOR_WINDOWS_CAPACITY="4") as process:
        wait_until(
            lambda: process.metric("tears_preprocessor_paused_seconds_total") > 0.1,
            DEADLINE_SECONDS,
            describe="a pause",
        )
        assert redis_client.xlen(WINDOWS_STREAM) == 4
        redis_client.delete(WINDOWS_STREAM)
        wait_until(lambda: redis_client.xlen(WINDOWS_STREAM) == 4, DEADLINE_SECONDS, describe="four more")


def test_when_a_replica_is_killed_another_makes_each_window_once(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    register(redis_client)
    sound = known_noise(90 * RATE_HZ)
    stream = chunks(sound)
    settings = {"TEARS_PREPROCESSOR_CLAIM_IDLE_SECONDS": "0.5"}
    with (
        preprocessor(redis_url, tmp_path, TEARS_SLOT="0", **settings) as first,
        preprocessor(redis_url, tmp_path, TEARS_SLOT="1", **settings) as second,
    ):
        first.wait_until_ready()
        second.wait_until_ready()
        add(redis_client, stream[:50])
        wait_until(lambda: redis_client.xlen(WINDOWS_STREAM) >= 3, DEADLINE_SECONDS, describe="the first windows")
        first.kill()
        add(redis_client, stream[50:])
        wait_for(redis_client, 86)
        wait_until(
            lambda: redis_client.xpending(chunk_stream("nursery"), PREPROCESSOR_GROUP)["pending"] == 0,
            DEADLINE_SECONDS,
            describe="nothing pending",
        )
    found = windows(redis_client)
    assert [one.header.index for one in found] == list(range(86))
    assert all(one.tombstone is None for one in found)
    last = make_window(sound[85 * RATE_HZ :], RATE_HZ, None)
    assert found[-1].pcm == last.samples.astype("<i2").tobytes()


def test_it_waits_for_a_redis_that_is_not_there_yet_and_for_one_that_comes_back_empty(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    redis_server.stop()
    with preprocessor(redis_server.url, tmp_path) as process:
        process.wait_for_log("Redis does not answer")
        assert process.probe("/readyz")[0] == 503
        assert process.probe("/healthz")[0] == 200
        stream = chunks(known_noise(16 * RATE_HZ))
        redis_server.start()
        client = redis_server.client()
        register(client)
        add(client, stream[:8])
        wait_for(client, 4)
        redis_server.kill()
        wait_until(lambda: process.probe("/readyz")[0] == 503, DEADLINE_SECONDS, describe="unready")
        redis_server.start()
        client = redis_server.client()
        register(client)
        add(client, stream[8:])
        found = wait_for(client, 8)
        process.wait_until_ready()
    assert [one.header.index for one in found] == list(range(4, 12))
    assert [one.header.index for one in found if one.tombstone] == [4, 5, 6, 7]
