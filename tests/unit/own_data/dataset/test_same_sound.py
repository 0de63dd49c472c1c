"""The same sound is found at another level and at another time, and different sounds are not."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from support.sound.own_recordings import crying, mixed, room

from tears.audio.gain import apply_gain
from tears.own_data.dataset.same_sound import (
    LEAST_AGREEMENT,
    SameSound,
    candidates,
    compare,
    grouped,
    landmarks,
    same_sounds,
)

RATE = 22_050
Clip = NDArray[np.int16]


def found_in(*clips: Clip) -> list[SameSound]:
    pairs = candidates([landmarks(clip) for clip in clips])
    return same_sounds(pairs, len(clips), lambda place: clips[place])


def scaled(clip: Clip, factor: float) -> Clip:
    return np.round(clip * factor).astype(np.int16)


@pytest.fixture(scope="module")
def cry() -> Clip:
    return mixed(crying(5, 1, -35, RATE), room(5, RATE, 1))


@pytest.fixture(scope="module")
def quiet_room() -> Clip:
    return room(5, RATE, 2, -45)


@pytest.mark.parametrize("name", ["cry", "quiet_room"])
@pytest.mark.parametrize("gain_db", [-30, -12, 12])
def test_the_same_sound_at_another_level_is_found(request: pytest.FixtureRequest, name: str, gain_db: float) -> None:
    clip: Clip = request.getfixturevalue(name)
    (one,) = found_in(clip, room(5, RATE, 7), scaled(clip, 10 ** (gain_db / 20)))
    assert (one.first, one.second) == (0, 2)
    assert one.gain_db == pytest.approx(gain_db, abs=0.5)
    assert one.shift_seconds == 0


@pytest.mark.parametrize("name", ["cry", "quiet_room"])
@pytest.mark.parametrize("shift", [1, 64, 2_205, 44_100, -33_075])
def test_the_same_sound_at_another_time_is_found(request: pytest.FixtureRequest, name: str, shift: int) -> None:
    clip: Clip = request.getfixturevalue(name)
    moved = np.roll(clip, shift)
    fresh = room(abs(shift) / RATE, RATE, 3)[: abs(shift)]
    if shift > 0:
        moved[:shift] = fresh
    else:
        moved[shift:] = fresh
    (one,) = found_in(clip, moved)
    assert one.shift_seconds * RATE == pytest.approx(shift, abs=1)


def test_a_clip_and_its_copy_that_45_db_of_gain_have_clipped_are_the_same(cry: Clip) -> None:
    crushed = np.floor(apply_gain(cry, 45.0)[0]).astype(np.int16)
    assert len(found_in(cry, crushed)) == 1


def test_an_inverted_clip_is_the_same_sound(cry: Clip) -> None:
    assert len(found_in(cry, np.negative(cry))) == 1


def test_different_cries_of_one_baby_and_different_quiet_parts_of_one_room_are_not_the_same() -> None:
    long = crying(40, 2, -35, RATE)
    clips = [mixed(long[k * 110_250 : (k + 1) * 110_250], room(5, RATE, k)) for k in range(8)]
    clips += [room(5, RATE, 20 + k) for k in range(8)]
    assert found_in(*clips) == []


def test_a_hum_that_clips_have_in_common_does_not_make_them_the_same() -> None:
    seconds = np.arange(110_250) / RATE
    hum = sum(2_000 / k * np.sin(2 * np.pi * 50 * k * seconds) for k in (1, 2, 3, 5, 7))
    clips = [mixed(np.round(hum).astype(np.int16), room(5, RATE, k, -50)) for k in range(4)]
    assert found_in(*clips) == []


def test_the_proof_separates_the_same_sound_from_similar_sounds() -> None:
    long = crying(20, 3, -35, RATE)
    cries = [mixed(long[k * 110_250 : (k + 1) * 110_250], room(5, RATE, k)) for k in range(4)]
    seconds = np.arange(110_250) / RATE
    hum = np.round(3_000 * np.sin(2 * np.pi * 50 * seconds)).astype(np.int16)
    hums = [mixed(hum, room(5, RATE, 40 + k, -55)) for k in range(3)]
    for alike in (cries, hums):
        for first, second in itertools.combinations(alike, 2):
            assert compare(first, second)[3] < LEAST_AGREEMENT / 2
    assert compare(cries[0], np.roll(scaled(cries[0], 0.1), 30_000))[3] > 2 * LEAST_AGREEMENT


def test_silence_is_the_same_as_nothing_else() -> None:
    assert found_in(np.zeros(110_250, np.int16), np.zeros(110_250, np.int16)) == []
    assert candidates([]) == []


def test_linked_pairs_are_one_group() -> None:
    assert grouped([(0, 1), (5, 6), (1, 4), (6, 7), (4, 0)]) == [[0, 1, 4], [5, 6, 7]]
    assert grouped([]) == []
