"""Resampling to the model's rate."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tears.audio.errors import AudioFormatError
from tears.audio.resample import resample

RATES_HZ = [4_000, 8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000, 384_000]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_five_seconds_stay_five_seconds_and_a_tone_stays_a_tone(rate_hz: int) -> None:
    def tone(hz: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return 10_000 * np.sin(2 * np.pi * 1_000 * np.arange(5 * hz) / hz)

    made = resample(tone(rate_hz), rate_hz)
    assert made.dtype == np.int16
    assert made.shape == (110_250,)
    inner = slice(1_000, -1_000)
    assert np.abs(made[inner] - tone(22_050)[inner]).max() < 4


@given(st.integers(4_000, 50_000), st.integers(0, 3_000))
@example(rate_hz=48_000, count=3_040)  # 1 396.5 samples, for which the resampler makes 1 396
@settings(max_examples=50, deadline=None)
def test_the_number_of_samples_is_the_rounded_share(rate_hz: int, count: int) -> None:
    assert resample(np.zeros(count, np.int16), rate_hz).size == int(count * 22_050 / rate_hz + 0.5)


def test_sound_at_the_models_rate_is_only_rounded_and_clipped() -> None:
    made = resample(np.array([0.5, -0.5, 1.49, 40_000.0, -40_000.0]), 22_050)
    assert made.tolist() == [1, 0, 1, 32_767, -32_768]


def test_overshoot_is_clipped_and_does_not_wrap() -> None:
    square = np.where(np.arange(48_000) // 60 % 2 == 0, 32_767, -32_768).astype(np.int16)
    made = resample(square, 48_000).astype(np.int32)
    expected = np.where(np.arange(22_050) * 48_000 / 22_050 // 60 % 2 == 0, 1, -1)
    plateaus = np.abs(made) > 20_000
    assert plateaus.mean() > 0.9
    assert np.all(np.sign(made[plateaus]) == expected[plateaus])


def test_the_same_sound_resamples_to_the_same_bits() -> None:
    sound = np.random.default_rng(1).integers(-30_000, 30_000, 48_000).astype(np.int16)
    assert np.array_equal(resample(sound, 48_000), resample(sound, 48_000))


def test_the_input_is_not_changed() -> None:
    sound = np.full(22_050, 0.25, np.float32)
    sound.flags.writeable = False
    resample(sound, 22_050)
    resample(sound, 48_000)
    assert np.all(sound == 0.25)


@pytest.mark.parametrize("rate_hz", [0, 3_999, 384_001])
def test_a_rate_that_no_microphone_has_is_refused(rate_hz: int) -> None:
    with pytest.raises(AudioFormatError, match=f"{rate_hz} Hz lies outside 4000 to 384000 Hz"):
        resample(np.zeros(10, np.int16), rate_hz)


def test_channels_are_resampled_one_by_one() -> None:
    with pytest.raises(AudioFormatError, match=r"not \(10, 2\)"):
        resample(np.zeros((10, 2), np.int16), 48_000)
