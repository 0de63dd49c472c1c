"""Clips from a real Redis, cut and encoded by the real program."""

import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
import redis
from support.redis.servers import RedisServer
from support.sound.chunks import chunk, chunks
from support.sound.clips import find_clip, sirens

from tears.alerter.attachments.clip.chunk_reader import MOST_ENTRIES, chunks_backwards
from tears.alerter.attachments.clip_cutter import CLIP_MIME_TYPE, ClipCutter
from tears.alerter.attachments.clip_span import ClipSpan
from tears.alerter.errors import AttachmentError, AttachmentNotReadyError, NoSoundError
from tears.kit.messages import AudioChunk
from tears.kit.streams import names

RATE_HZ = 16_000
SPAN = ClipSpan("nursery", "s1", 12.0, 27.0)
NAME = "nursery crying.mp3"

Publish = Callable[[list[AudioChunk]], None]


@pytest.fixture
def publish(redis_client: redis.Redis) -> Publish:
    def add(sound: list[AudioChunk]) -> None:
        for one in sound:
            redis_client.xadd(names.chunks(one.mic), {names.BODY: one.encode()})

    return add


def session(seconds: float, *, name: str = "s1", seed: int = 0) -> list[AudioChunk]:
    return chunks(sirens(seconds, RATE_HZ, seed), session=name, rate_hz=RATE_HZ, chunk_samples=RATE_HZ)


def test_a_clip_is_what_was_played_from_its_start_to_its_end(redis_url: str, publish: Publish) -> None:
    publish(session(40.0))
    clip = ClipCutter(redis_url).cut(SPAN, NAME)
    found = find_clip(clip.content, sirens(40.0, RATE_HZ), RATE_HZ)
    assert found.correlation > 0.98
    assert found.starts_at_seconds == pytest.approx(12.0, abs=0.1)
    assert found.ends_at_seconds == pytest.approx(27.0, abs=0.15)
    assert (clip.name, clip.mime_type) == (NAME, CLIP_MIME_TYPE)
    assert len(clip.content) < 120_000


def test_a_session_after_it_or_before_it_is_no_part_of_a_clip(redis_url: str, publish: Publish) -> None:
    publish([*session(20.0, name="s0", seed=1), *session(30.0), *session(20.0, name="s2", seed=2)])
    found = find_clip(ClipCutter(redis_url).cut(SPAN, NAME).content, sirens(30.0, RATE_HZ), RATE_HZ)
    assert found.correlation > 0.98
    assert found.starts_at_seconds == pytest.approx(12.0, abs=0.1)


def test_a_stream_that_was_trimmed_gives_what_is_left(
    redis_url: str, redis_client: redis.Redis, publish: Publish
) -> None:
    publish(session(40.0))
    redis_client.xtrim(names.chunks("nursery"), maxlen=20, approximate=False)
    found = find_clip(ClipCutter(redis_url).cut(SPAN, NAME).content, sirens(40.0, RATE_HZ), RATE_HZ)
    assert found.correlation > 0.98
    assert found.starts_at_seconds == pytest.approx(20.0, abs=0.1)


def test_entries_that_cannot_be_read_are_left_out(redis_url: str, redis_client: redis.Redis, publish: Publish) -> None:
    publish(session(20.0))
    redis_client.xadd(names.chunks("nursery"), {names.BODY: b"\xff not a chunk"})
    redis_client.xadd(names.chunks("nursery"), {"other": b""})
    publish([one for one in session(40.0) if one.first_sample >= 20 * RATE_HZ])
    assert find_clip(ClipCutter(redis_url).cut(SPAN, NAME).content, sirens(40.0, RATE_HZ), RATE_HZ).correlation > 0.98


def test_the_longest_clip_of_a_stereo_microphone_at_48_khz_is_small_and_soon_there(
    redis_url: str, publish: Publish
) -> None:
    mono = sirens(125.0, 48_000)
    stereo = np.repeat(mono, 2)
    publish(
        [
            chunk(stereo[at * 2 : (at + 48_000) * 2], at, rate_hz=48_000, channels=2)
            for at in range(0, len(mono), 48_000)
        ]
    )
    clip = ClipCutter(redis_url).cut(ClipSpan.of_crying("nursery", "s1", 0.0, 125.0), NAME)
    found = find_clip(clip.content, mono, 48_000)
    assert found.correlation > 0.98
    assert found.ends_at_seconds == pytest.approx(125.0, abs=0.15)
    assert len(clip.content) < 1_000_000


@pytest.mark.parametrize("key_exists", [True, False])
def test_a_session_that_is_not_in_the_stream_is_no_sound(redis_url: str, publish: Publish, *, key_exists: bool) -> None:
    if key_exists:
        publish(session(5.0, name="s2"))
    with pytest.raises(NoSoundError, match="nothing is left of the sound of nursery"):
        ClipCutter(redis_url).cut(SPAN, NAME)


def test_without_redis_a_clip_may_be_there_later(redis_server: RedisServer) -> None:
    redis_server.stop()
    with pytest.raises(AttachmentNotReadyError, match="Redis does not answer"):
        ClipCutter(redis_server.url).cut(SPAN, NAME)


def test_a_key_of_another_type_breaks_no_more_than_the_clip(redis_url: str, redis_client: redis.Redis) -> None:
    redis_client.set(names.chunks("nursery"), "not a stream")
    with pytest.raises(AttachmentError, match=r"ended with status 1.*WRONGTYPE"):
        ClipCutter(redis_url).cut(SPAN, NAME)


def test_a_program_that_hangs_is_killed(redis_url: str) -> None:
    cutter = ClipCutter(redis_url, [sys.executable, "-c", "import time; time.sleep(600)"], deadline_seconds=0.3)
    begun_at_seconds = time.monotonic()
    with pytest.raises(AttachmentError, match="not cut within 0 s"):
        cutter.cut(SPAN, NAME)
    assert time.monotonic() - begun_at_seconds < 60.0


def test_a_program_that_crashes_or_is_not_there_breaks_no_more_than_the_clip(redis_url: str) -> None:
    with pytest.raises(AttachmentError, match="ended with status -11"):
        ClipCutter(redis_url, [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"]).cut(SPAN, NAME)
    with pytest.raises(AttachmentError, match="cannot be started"):
        ClipCutter(redis_url, ["/nonexistent/python"]).cut(SPAN, NAME)


def test_a_wrong_password_is_not_shown(redis_server: RedisServer) -> None:
    url = redis_server.url.replace("redis://", "redis://alerter:s3cret@")
    with pytest.raises(AttachmentError) as error:
        ClipCutter(url).cut(SPAN, NAME)
    assert "s3cret" not in str(error.value)


def test_receivers_that_want_the_same_clip_share_it(
    redis_url: str, redis_client: redis.Redis, publish: Publish
) -> None:
    publish(session(40.0))
    cutter = ClipCutter(redis_url)
    first = cutter.cut(SPAN, NAME)
    redis_client.delete(names.chunks("nursery"))
    assert cutter.cut(SPAN, NAME) == first


def test_a_stream_that_holds_hours_after_the_span_is_searched_no_further_than_a_bound(
    redis_client: redis.Redis, publish: Publish
) -> None:
    played = sirens(2.0, 8_000)
    early, *after = [chunk(played[:80], at * 80, rate_hz=8_000) for at in range(MOST_ENTRIES + 1)]
    publish([early, *after])
    span = ClipSpan("nursery", "s1", 0.0, 0.005)
    assert list(chunks_backwards(redis_client, span)) == []
    redis_client.xtrim(names.chunks("nursery"), maxlen=MOST_ENTRIES + 1)
    assert list(chunks_backwards(redis_client, ClipSpan("nursery", "s1", 0.01, 0.02))) == [after[0]]
