"""How chunks become a clip."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.sound.chunks import WALL_SECONDS, chunk, chunks, known_noise

from tears.journal.clips.cutting.clip_plan import ClipOf, ClipPlan
from tears.journal.clips.cutting.clip_writer import ClipWriter
from tears.journal.clips.cutting.open_clip import ClipStart, OpenClip
from tears.kit.messages import AudioChunk

RATE_HZ = 8_000
SOUND = known_noise(60 * RATE_HZ)


def plan(from_second: float, to_second: float | None, most_seconds: float = 300.0) -> ClipPlan:
    return ClipPlan(
        clip_id="one",
        clip_of=ClipOf.EPISODE,
        mic="nursery",
        from_at=WALL_SECONDS + from_second,
        to_at=None if to_second is None else WALL_SECONDS + to_second,
        most_seconds=most_seconds,
    )


class Cutting:
    """A clip that is cut into a folder, and what comes of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "one.flac"
        self.comment = ""

    def writer(self, start: ClipStart) -> ClipWriter:
        self.comment = start.comment
        return ClipWriter(self.path, start.rate_hz, start.channels, from_at=start.from_at, comment=start.comment)

    def open(self, wanted: ClipPlan) -> OpenClip:
        return OpenClip(wanted, self.writer)

    def sound(self, wanted: ClipPlan, given: Iterable[AudioChunk]) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        clip = self.open(wanted)
        for one in given:
            clip.take(one)
        if clip.finish() is None:
            return np.zeros(0, np.int16)
        return np.asarray(soundfile.read(self.path, dtype="int16")[0])


@pytest.fixture
def cutting(tmp_path: Path) -> Cutting:
    return Cutting(tmp_path)


def seconds(first: float, end: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return SOUND[round(first * RATE_HZ) : round(end * RATE_HZ)]


def test_a_clip_holds_exactly_its_stretch_of_the_sound(cutting: Cutting) -> None:
    found = cutting.sound(plan(10.25, 22.5), chunks(SOUND))
    assert np.array_equal(found, seconds(10.25, 22.5))
    assert cutting.comment == "mic=nursery session=s1 first_sample=82000"


def test_a_clip_without_an_end_grows_until_it_is_told_one(cutting: Cutting) -> None:
    clip = cutting.open(plan(10, None))
    given = iter(chunks(SOUND))
    for one in [next(given) for _ in range(20)]:
        clip.take(one)
    was_done = clip.is_done
    clip.plan = plan(10, 23.5)
    for one in given:
        clip.take(one)
    assert (was_done, clip.is_done) == (False, True)
    assert clip.finish() == cutting.path
    assert clip.from_at == WALL_SECONDS + 10
    assert np.array_equal(soundfile.read(cutting.path, dtype="int16")[0], seconds(10, 23.5))


def test_an_end_that_is_told_late_ends_the_clip_where_it_is(cutting: Cutting) -> None:
    clip = cutting.open(plan(10, None))
    for one in chunks(SOUND)[:30]:
        clip.take(one)
    clip.plan = plan(10, 12)
    assert clip.is_done
    clip.discard()


def test_a_clip_has_a_greatest_length(cutting: Cutting) -> None:
    assert np.array_equal(cutting.sound(plan(10, None, 7), chunks(SOUND)), seconds(10, 17))
    assert np.array_equal(cutting.sound(plan(10, 50, 7), chunks(SOUND)), seconds(10, 17))


def test_chunks_that_come_again_are_taken_once(cutting: Cutting) -> None:
    given = chunks(SOUND)
    assert np.array_equal(cutting.sound(plan(10, 22), [*given[:15], *given[8:]]), seconds(10, 22))


def test_sound_that_never_came_is_silence_and_what_follows_keeps_its_time(cutting: Cutting) -> None:
    given = chunks(SOUND)
    found = cutting.sound(plan(10, 22), given[:13] + given[16:])
    assert np.array_equal(found[: 3 * RATE_HZ], seconds(10, 13))
    assert not found[3 * RATE_HZ : 6 * RATE_HZ].any()
    assert np.array_equal(found[6 * RATE_HZ :], seconds(16, 22))


def test_a_clip_does_not_end_with_silence(cutting: Cutting) -> None:
    given = chunks(SOUND)
    assert np.array_equal(cutting.sound(plan(10, 22), given[:15] + given[23:]), seconds(10, 15))


def test_a_clip_whose_beginning_was_lost_ends_where_it_should(cutting: Cutting) -> None:
    assert np.array_equal(cutting.sound(plan(10, 22), chunks(SOUND)[14:]), seconds(14, 22))


def test_a_clip_of_which_everything_was_lost_is_none(cutting: Cutting) -> None:
    assert not cutting.sound(plan(10, 22), chunks(SOUND)[22:]).size
    assert not cutting.path.exists()
    assert not cutting.sound(plan(10, None, 7), chunks(SOUND)[17:]).size


def test_a_session_that_follows_is_appended_at_its_own_time(cutting: Cutting) -> None:
    given = chunks(SOUND)
    second = [replace(one, session="s2", first_sample=one.first_sample - 14 * RATE_HZ) for one in given[14:]]
    found = cutting.sound(plan(10, 20), given[:12] + second)
    assert np.array_equal(found[: 2 * RATE_HZ], seconds(10, 12))
    assert not found[2 * RATE_HZ : 4 * RATE_HZ].any()
    assert np.array_equal(found[4 * RATE_HZ :], seconds(14, 20))


def test_a_clip_ends_where_the_rate_or_the_number_of_channels_changes(cutting: Cutting) -> None:
    given = chunks(SOUND)
    stereo = chunk(SOUND[: 2 * RATE_HZ], 0, session="s2", channels=2)
    assert np.array_equal(cutting.sound(plan(10, 22), [*given[:15], stereo, *given[15:]]), seconds(10, 15))


def test_a_clock_that_is_set_meanwhile_changes_nothing(cutting: Cutting) -> None:
    given = chunks(SOUND)
    stepped = [replace(one, captured_at_seconds=one.captured_at_seconds + 3_600) for one in given[15:]]
    assert np.array_equal(cutting.sound(plan(10, 22), given[:15] + stepped), seconds(10, 22))


def test_a_format_that_flac_cannot_hold_gives_no_clip(cutting: Cutting) -> None:
    wide = chunk(known_noise(9 * RATE_HZ), 0, channels=9)
    assert not cutting.sound(plan(0, 22), [wide]).size
