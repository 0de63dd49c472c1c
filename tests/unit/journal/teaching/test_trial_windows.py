"""The windows of a trial are those of the pipeline, however the sound is divided into chunks."""

from collections.abc import Sequence

import numpy as np
import pytest

from tears.audio.format import Int16Array, pcm_from_samples
from tears.audio.window import make_window
from tears.journal.teaching.trial_windows import TrialWindow, TrialWindows
from tears.kit.messages import AudioChunk

RATE_HZ = 8_000
SOUND = np.random.default_rng(3).integers(-3_000, 3_000, 9 * RATE_HZ).astype(np.int16)


def chunks(sound: Int16Array, lengths: Sequence[int], session: str = "s1", first: int = 0) -> list[AudioChunk]:
    found = []
    at = 0
    for length in lengths:
        part = sound[at : at + length]
        at += length
        found.append(
            AudioChunk(
                mic="nursery", session=session, first_sample=first + at - length, sample_rate_hz=RATE_HZ, channels=1,
                pcm=pcm_from_samples(part), captured_at_seconds=1_000.0 + (first + at) / RATE_HZ,
            )
        )  # fmt: skip
    return found


def windows(heard: Sequence[AudioChunk]) -> list[TrialWindow]:
    rooms = TrialWindows()
    return [window for chunk in heard for window in rooms.add(chunk)]


@pytest.mark.parametrize("length", [RATE_HZ, RATE_HZ // 10, 2 * RATE_HZ + 17])
def test_each_second_ends_a_window_of_the_pipelines_form(length: int) -> None:
    count = len(SOUND) // length
    found = windows(chunks(SOUND, [length] * count))

    heard_seconds = count * length // RATE_HZ
    assert [one.ends_at for one in found] == pytest.approx([1_000.0 + end for end in range(5, heard_seconds + 1)])
    for number, one in enumerate(found):
        expected = make_window(SOUND[number * RATE_HZ : (number + 5) * RATE_HZ], RATE_HZ, None)
        assert np.array_equal(one.window.samples, expected.samples)
        assert one.window.level_dbfs == expected.level_dbfs


def test_no_window_spans_a_gap_or_two_sessions() -> None:
    second = [RATE_HZ] * 4
    before = chunks(SOUND, second)
    after_gap = chunks(SOUND, second, first=5 * RATE_HZ)
    new_session = chunks(SOUND, second, session="s2")

    assert windows([*before, *after_gap]) == []
    assert windows([*before, *new_session]) == []


def test_little_sound_is_kept() -> None:
    rooms = TrialWindows()
    for chunk in chunks(np.tile(SOUND, 10), [RATE_HZ] * 90):
        list(rooms.add(chunk))

    assert len(rooms._chunks) <= 6
