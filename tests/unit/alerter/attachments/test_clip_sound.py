import numpy as np
import pytest
from support.sound.chunks import chunk, chunks, known_noise
from support.sound.clips import decoded, find_clip, sirens

from tears.alerter.attachments.clip import sound
from tears.alerter.attachments.clip.sound import encode_mp3, join_chunks
from tears.alerter.attachments.clip_span import ClipSpan
from tears.alerter.errors import NoSoundError

RATE_HZ = 8_000


def span(start_seconds: float, end_seconds: float) -> ClipSpan:
    return ClipSpan("nursery", "s1", start_seconds, end_seconds)


def test_chunks_are_cut_to_the_sample_and_put_into_their_order() -> None:
    played = known_noise(10 * RATE_HZ)
    frames, rate_hz = join_chunks(span(2.25, 7.5), reversed(chunks(played)))
    assert rate_hz == RATE_HZ
    assert np.array_equal(frames[:, 0], played[18_000:60_000])


def test_a_gap_is_silence_so_that_the_rest_keeps_its_time() -> None:
    played = known_noise(6 * RATE_HZ)
    frames, _ = join_chunks(span(0.0, 6.0), [one for one in reversed(chunks(played)) if one.first_sample != 24_000])
    assert not frames[24_000:32_000].any()
    assert np.array_equal(frames[32_000:, 0], played[32_000:])


def test_sound_that_was_trimmed_is_left_out_at_the_start() -> None:
    played = known_noise(6 * RATE_HZ)
    frames, _ = join_chunks(span(0.0, 6.0), reversed(chunks(played)[3:]))
    assert np.array_equal(frames[:, 0], played[24_000:])


def test_sound_that_has_not_come_is_left_out_at_the_end() -> None:
    played = known_noise(6 * RATE_HZ)
    frames, _ = join_chunks(span(1.0, 60.0), reversed(chunks(played)))
    assert np.array_equal(frames[:, 0], played[8_000:])


def test_chunks_of_another_format_are_left_out() -> None:
    played = known_noise(3 * RATE_HZ)
    *older, newest = chunks(played)
    older[1] = chunk(known_noise(4_000), 8_000, rate_hz=4_000)
    frames, _ = join_chunks(span(0.0, 3.0), [newest, *reversed(older)])
    assert np.array_equal(frames[16_000:, 0], played[16_000:])
    assert not frames[8_000:16_000].any()


def test_nothing_at_all_is_said() -> None:
    with pytest.raises(NoSoundError, match="nothing is left of the sound of nursery from 4 s on"):
        join_chunks(span(4.0, 9.0), [])


def test_chunks_outside_the_span_are_nothing() -> None:
    with pytest.raises(NoSoundError):
        join_chunks(span(4.0, 9.0), chunks(known_noise(3 * RATE_HZ)))


def test_more_sound_than_the_bound_gives_the_end_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "MOST_PCM_BYTES", 4 * RATE_HZ)  # 2 s
    played = known_noise(10 * RATE_HZ)
    frames, _ = join_chunks(span(0.0, 10.0), reversed(chunks(played)))
    assert np.array_equal(frames[:, 0], played[-2 * RATE_HZ :])


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_an_mp3_sounds_as_what_was_played(rate_hz: int) -> None:
    played = sirens(8.0, rate_hz)
    mp3 = encode_mp3(played.reshape(-1, 1), rate_hz)
    found = find_clip(mp3, played, rate_hz)
    assert found.correlation > 0.98
    assert abs(found.starts_at_seconds) < 0.1
    assert len(mp3) < 8 * 8_000 + 2_000


def test_channels_in_opposite_phase_do_not_cancel_each_other() -> None:
    played = sirens(24.0, 16_000)
    mp3 = encode_mp3(np.stack([played, -played], axis=1), 16_000)
    assert find_clip(mp3, played, 16_000).correlation > 0.98


def test_a_very_short_clip_can_be_played() -> None:
    assert decoded(encode_mp3(known_noise(80).reshape(-1, 1), RATE_HZ)).size > 0
