"""The condition of a microphone, decided from its seconds of sound."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from tears.kit.registry.mic_state import MicState
from tears.recorder.capture.mic_condition import MicCondition
from tears.recorder.capture.sound_stats import sound_stats

RATE_HZ = 4_000
Sound: TypeAlias = npt.NDArray[np.int16]
RANDOM = np.random.default_rng(3)


def noise(level_dbfs: float, channels: int = 1) -> Sound:
    """Return a second of noise."""
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


class Microphone:
    """A microphone's condition, and a clock that moves with the sound."""

    def __init__(self) -> None:
        self.now = 100.0
        self.condition = MicCondition()
        self.condition.begin_session("usb", self.now)

    def give(self, seconds: int, sound: Callable[[], Sound]) -> MicState:
        for _ in range(seconds):
            self.now += 1.0
            self.condition.add(sound_stats(sound(), RATE_HZ), self.now)
        return self.condition.state


def test_before_a_session_has_begun_it_is_absent() -> None:
    assert MicCondition().state is MicState.ABSENT


@pytest.mark.parametrize("level_dbfs", [-20, -40, -70, -88])
def test_a_microphone_in_the_quietest_room_is_listening(level_dbfs: float) -> None:
    assert Microphone().give(300, lambda: noise(level_dbfs)) is MicState.LISTENING


@pytest.mark.parametrize("nothing", [zeros, constant, dither])
def test_a_minute_in_which_nothing_moves_is_silent_until_a_second_of_sound(
    nothing: Callable[[], Sound],
) -> None:
    mic = Microphone()
    mic.give(10, lambda: noise(-60))

    assert mic.give(59, nothing) is MicState.LISTENING
    assert mic.give(1, nothing) is MicState.SILENT
    assert mic.give(1_000, nothing) is MicState.SILENT
    assert mic.give(1, lambda: noise(-60)) is MicState.LISTENING
    assert mic.give(59, nothing) is MicState.LISTENING


def test_a_microphone_that_has_never_given_sound_is_silent_after_a_minute() -> None:
    assert Microphone().give(60, zeros) is MicState.SILENT


def test_one_moving_channel_is_enough() -> None:
    assert Microphone().give(100, lambda: np.hstack([zeros(), noise(-60)])) is MicState.LISTENING


def test_a_microphone_that_is_unplugged_from_its_sound_card_is_silent() -> None:
    mic = Microphone()
    mic.give(700, lambda: noise(-55 + RANDOM.uniform(0, 6)))

    assert mic.give(59, lambda: noise(-85)) is MicState.LISTENING
    assert mic.give(2, lambda: noise(-85)) is MicState.SILENT
    assert mic.give(1, lambda: noise(-55)) is MicState.LISTENING


def test_the_quietest_night_so_far_is_not_a_fault_while_something_stirs() -> None:
    mic = Microphone()
    mic.give(700, lambda: noise(-45))  # a fan, which is switched off later

    for _ in range(120):
        assert mic.give(20, lambda: noise(-80)) is MicState.LISTENING
        assert mic.give(1, lambda: noise(-76)) is MicState.LISTENING


def test_the_floor_is_not_known_before_ten_minutes() -> None:
    mic = Microphone()
    mic.give(500, lambda: noise(-45))

    assert mic.give(90, lambda: noise(-80)) is MicState.LISTENING
    assert mic.condition.floor_dbfs is None


def test_another_device_has_another_floor() -> None:
    mic = Microphone()
    mic.give(700, lambda: noise(-45))
    mic.condition.begin_session("other", mic.now)

    assert mic.give(90, lambda: noise(-80)) is MicState.LISTENING


def test_clipping_is_reported_while_it_lasts_and_ten_seconds_longer() -> None:
    mic = Microphone()
    mic.give(20, lambda: noise(-40))

    assert mic.give(1, lambda: clicks(100)) is MicState.CLIPPING
    assert mic.give(9, lambda: noise(-40)) is MicState.CLIPPING
    assert mic.give(1, lambda: noise(-40)) is MicState.LISTENING


def test_a_click_is_not_clipping() -> None:
    mic = Microphone()
    mic.give(20, lambda: noise(-40))

    assert mic.give(1, lambda: clicks(20)) is MicState.LISTENING


@pytest.mark.parametrize("state", [MicState.STALLED, MicState.ABSENT])
def test_a_lost_microphone_stays_lost_until_the_next_session(state: MicState) -> None:
    mic = Microphone()
    mic.give(10, lambda: noise(-40))
    mic.condition.lose(state)

    assert mic.condition.state is state
    mic.condition.begin_session("usb", mic.now)
    assert mic.condition.state is MicState.LISTENING


def test_a_silent_microphone_stays_silent_in_a_new_session_until_there_is_sound() -> None:
    mic = Microphone()
    mic.give(60, zeros)
    mic.condition.begin_session("usb", mic.now)

    assert mic.give(5, zeros) is MicState.SILENT
    assert mic.give(1, lambda: noise(-60)) is MicState.LISTENING


def test_time_without_a_session_does_not_count_as_silence() -> None:
    mic = Microphone()
    mic.give(40, zeros)
    mic.condition.lose(MicState.ABSENT)
    mic.now += 1_000
    mic.condition.begin_session("usb", mic.now)

    assert mic.give(59, zeros) is MicState.LISTENING
    assert mic.give(1, zeros) is MicState.SILENT


def burst(mic: Microphone, seconds: int) -> list[MicState]:
    """Return the states at the beginning and at the end of a session of this length, and after it broke off."""
    mic.condition.begin_session("usb", mic.now)
    states = [mic.condition.state, mic.give(seconds, lambda: noise(-40))]
    mic.condition.lose(MicState.STALLED)
    return [*states, mic.condition.state]


@pytest.mark.parametrize("seconds", [1, 4, 9])
def test_bursts_of_sound_over_and_over_are_not_listening(seconds: int) -> None:
    mic = Microphone()
    for _ in range(2):
        assert burst(mic, seconds)[:2] == [MicState.LISTENING, MicState.LISTENING]
    for _ in range(5):
        mic.now += 3
        # Attempts that find nothing change nothing.
        mic.condition.lose(MicState.ABSENT)
        assert set(burst(mic, seconds)) == {MicState.STALLED}


def test_a_microphone_that_gave_bursts_is_listening_again_after_half_a_minute_of_sound() -> None:
    mic = Microphone()
    for _ in range(4):
        burst(mic, 3)
    mic.condition.begin_session("usb", mic.now)
    assert mic.give(29, lambda: noise(-40)) is MicState.STALLED
    assert mic.give(1, lambda: noise(-40)) is MicState.LISTENING
    mic.condition.lose(MicState.STALLED)
    assert burst(mic, 3)[:2] == [MicState.LISTENING, MicState.LISTENING]


def test_another_device_does_not_inherit_bursts() -> None:
    mic = Microphone()
    for _ in range(4):
        burst(mic, 3)
    mic.condition.begin_session("other", mic.now)
    assert mic.condition.state is MicState.LISTENING


def test_a_longer_burst_among_short_ones_is_not_told_as_listening() -> None:
    mic = Microphone()
    for _ in range(3):
        burst(mic, 3)
    for seconds in (15, 4, 20):
        assert set(burst(mic, seconds)) == {MicState.STALLED}


def test_sound_that_comes_faster_than_time_is_a_burst_however_much_it_is() -> None:
    mic = Microphone()
    for _ in range(3):
        mic.condition.begin_session("usb", mic.now)
        for _ in range(120):
            mic.condition.add(sound_stats(noise(-40), RATE_HZ), mic.now + 0.5)
        mic.condition.lose(MicState.STALLED)
        mic.now += 3
    mic.condition.begin_session("usb", mic.now)
    assert mic.give(1, lambda: noise(-40)) is MicState.STALLED
