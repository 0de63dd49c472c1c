"""The spectrogram and the outline that a picture shows."""

import numpy as np
import pytest

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array
from tears.cli.scoring.spectrogram import PICTURE_BANDS, band_of_hz, mel_spectrogram_db, outline


def tone(frequency_hz: float, amplitude: float = 1.0) -> Int16Array:
    times = np.arange(WINDOW_SAMPLES) / MODEL_RATE_HZ
    return np.round(amplitude * 32_767 * np.sin(2 * np.pi * frequency_hz * times)).astype(np.int16)


@pytest.mark.parametrize("frequency_hz", [250.0, 440.0, 1000.0, 3000.0, 8000.0])
def test_a_tone_is_brightest_in_its_own_band(frequency_hz: float) -> None:
    power = mel_spectrogram_db(tone(frequency_hz), 40)
    assert power.shape == (PICTURE_BANDS, 40)
    loudest = power.argmax(axis=0)
    # A bin is 22 Hz wide, and so are the lowest bands.
    assert np.abs(loudest - band_of_hz(frequency_hz)).max() <= 1.0


def test_a_full_scale_tone_is_near_0_db_and_20_db_less_are_20_db_less() -> None:
    loud, quiet = (mel_spectrogram_db(tone(1000.0, amplitude), 10).max() for amplitude in (1.0, 0.1))
    assert -3.0 < loud < 3.0
    assert loud - quiet == pytest.approx(20.0, abs=0.1)


def test_silence_has_the_lowest_level() -> None:
    assert (mel_spectrogram_db(np.zeros(WINDOW_SAMPLES, np.int16), 7) <= -119.9).all()


def test_later_sound_is_further_to_the_right() -> None:
    samples = tone(1000.0)
    samples[: WINDOW_SAMPLES // 2] = 0
    power = mel_spectrogram_db(samples, 10).max(axis=0)
    assert (power[:4] <= -119.9).all()
    assert (power[6:] > -6.0).all()


def test_there_may_be_more_columns_than_frames() -> None:
    assert np.isfinite(mel_spectrogram_db(tone(500.0)[:2000], 50)).all()


def test_the_bands_rise_with_the_frequency_from_the_lowest_to_the_highest() -> None:
    low, middle, high = band_of_hz([60.0, 1000.0, 11_025.0])
    assert (low, high) == (-1.0, PICTURE_BANDS)
    assert low < middle < high


def test_the_outline_is_the_lowest_and_highest_of_each_part() -> None:
    samples = np.array([0, 16_384, -8192, 0, 0, 32_767, -32_768, 0], np.int16)
    low, high = outline(samples, 2)
    assert low.tolist() == [-0.25, -1.0]
    assert high.tolist() == pytest.approx([0.5, 1.0], abs=1e-4)
