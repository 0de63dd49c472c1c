"""Whether a microphone hears, told from what its seconds are like."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from tears.kit.registry.mic_state import MicState
from tears.recorder.capture.mic_condition import Hearing, sound_stats

RATE_HZ = 4_000
Sound: TypeAlias = npt.NDArray[np.int16]
RANDOM = np.random.default_rng(3)


def noise(level_dbfs: float, channels: int = 1) -> Sound:
    """A second of it."""
    rms = 32_768 * 10 ** (level_dbfs / 20)
    return np.clip(np.rint(RANDOM.normal(0, rms, (RATE_HZ, channels))), -32_768, 32_767).astype(np.int16)


def zeros() -> Sound:
    return np.zeros((RATE_HZ, 1), np.int16)


def constant() -> Sound:
    return np.full((RATE_HZ, 1), -1_234, np.int16)


def dither() -> Sound:
    return RANDOM.integers(-1, 2, (RATE_HZ, 1)).astype(np.int16)


def clicks(count: int) -> Sound:
    sound = noise(-40)
    sound[:count] = 32_767
    return sound


class Ear:
    """A hearing, and the clock that goes with the sound."""

    def __init__(self) -> None:
        self.now = 100.0
        self.hearing = Hearing()
        self.hearing.begin("usb", self.now)

    def hear(self, seconds: int, sound: Callable[[], Sound]) -> MicState:
        for _ in range(seconds):
            self.now += 1.0
            self.hearing.add(sound_stats(sound(), RATE_HZ), self.now)
        return self.hearing.state


def test_before_a_session_has_begun_it_is_absent() -> None:
    assert Hearing().state is MicState.ABSENT


@pytest.mark.parametrize("level_dbfs", [-20, -40, -70, -88])
def test_the_quietest_room_is_listened_to(level_dbfs: float) -> None:
    assert Ear().hear(300, lambda: noise(level_dbfs)) is MicState.LISTENING


@pytest.mark.parametrize("nothing", [zeros, constant, dither])
def test_a_minute_in_which_nothing_moves_is_silent_and_a_second_of_sound_ends_that(
    nothing: Callable[[], Sound],
) -> None:
    ear = Ear()
    ear.hear(10, lambda: noise(-60))

    assert ear.hear(59, nothing) is MicState.LISTENING
    assert ear.hear(1, nothing) is MicState.SILENT
    assert ear.hear(1_000, nothing) is MicState.SILENT
    assert ear.hear(1, lambda: noise(-60)) is MicState.LISTENING
    assert ear.hear(59, nothing) is MicState.LISTENING


def test_a_microphone_that_has_never_given_anything_is_silent_after_a_minute() -> None:
    assert Ear().hear(60, zeros) is MicState.SILENT


def test_one_moving_channel_is_enough() -> None:
    assert Ear().hear(100, lambda: np.hstack([zeros(), noise(-60)])) is MicState.LISTENING


def test_a_microphone_that_is_torn_off_its_sound_card_is_silent() -> None:
    ear = Ear()
    ear.hear(700, lambda: noise(-55 + RANDOM.uniform(0, 6)))

    assert ear.hear(59, lambda: noise(-85)) is MicState.LISTENING
    assert ear.hear(2, lambda: noise(-85)) is MicState.SILENT
    assert ear.hear(1, lambda: noise(-55)) is MicState.LISTENING


def test_a_night_that_is_quieter_than_all_before_is_no_fault_as_long_as_something_stirs() -> None:
    ear = Ear()
    ear.hear(700, lambda: noise(-45))  # a fan, that is then switched off

    for _ in range(120):
        assert ear.hear(20, lambda: noise(-80)) is MicState.LISTENING
        assert ear.hear(1, lambda: noise(-76)) is MicState.LISTENING


def test_its_floor_is_not_known_before_ten_minutes() -> None:
    ear = Ear()
    ear.hear(500, lambda: noise(-45))

    assert ear.hear(90, lambda: noise(-80)) is MicState.LISTENING
    assert ear.hearing.floor_dbfs is None


def test_another_device_has_another_floor() -> None:
    ear = Ear()
    ear.hear(700, lambda: noise(-45))
    ear.hearing.begin("other", ear.now)

    assert ear.hear(90, lambda: noise(-80)) is MicState.LISTENING


def test_clipping_is_said_while_it_lasts_and_ten_seconds_longer() -> None:
    ear = Ear()
    ear.hear(20, lambda: noise(-40))

    assert ear.hear(1, lambda: clicks(100)) is MicState.CLIPPING
    assert ear.hear(9, lambda: noise(-40)) is MicState.CLIPPING
    assert ear.hear(1, lambda: noise(-40)) is MicState.LISTENING


def test_a_click_is_no_clipping() -> None:
    ear = Ear()
    ear.hear(20, lambda: noise(-40))

    assert ear.hear(1, lambda: clicks(20)) is MicState.LISTENING


@pytest.mark.parametrize("state", [MicState.STALLED, MicState.ABSENT])
def test_what_is_lost_stays_lost_until_the_next_session(state: MicState) -> None:
    ear = Ear()
    ear.hear(10, lambda: noise(-40))
    ear.hearing.lose(state)

    assert ear.hearing.state is state
    ear.hearing.begin("usb", ear.now)
    assert ear.hearing.state is MicState.LISTENING


def test_a_silent_microphone_stays_silent_through_a_new_session_until_it_is_heard() -> None:
    ear = Ear()
    ear.hear(60, zeros)
    ear.hearing.begin("usb", ear.now)

    assert ear.hear(5, zeros) is MicState.SILENT
    assert ear.hear(1, lambda: noise(-60)) is MicState.LISTENING


def test_time_without_a_session_is_no_silence() -> None:
    ear = Ear()
    ear.hear(40, zeros)
    ear.hearing.lose(MicState.ABSENT)
    ear.now += 1_000
    ear.hearing.begin("usb", ear.now)

    assert ear.hear(59, zeros) is MicState.LISTENING
    assert ear.hear(1, zeros) is MicState.SILENT


def test_the_numbers_are_those_of_the_sound() -> None:
    tone = np.rint(16_384 * np.sin(2 * np.pi * np.arange(RATE_HZ) / 40))[:, None].astype(np.int16) + np.int16(1_000)
    stats = sound_stats(tone, RATE_HZ)

    assert stats.level_dbfs == pytest.approx(-9.03, abs=0.01)  # the offset counts for nothing
    assert (stats.seconds, stats.steps, stats.clipped_values) == (1.0, 32_768, 0)
    assert sound_stats(zeros(), RATE_HZ).level_dbfs == -120.0
    full = np.array([[32_767, 0], [-32_768, 0]], np.int16)
    assert (sound_stats(full, RATE_HZ).clipped_values, sound_stats(full, RATE_HZ).clipped_share) == (2, 0.5)
