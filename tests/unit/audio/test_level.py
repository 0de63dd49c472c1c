"""The level of sound in dBFS."""

import numpy as np
import pytest

from tears.audio.constants import SILENCE_DBFS
from tears.audio.errors import AudioFormatError
from tears.audio.level import level_dbfs


def test_digital_silence_has_the_lowest_level() -> None:
    assert level_dbfs(np.zeros(48_000, np.int16)) == SILENCE_DBFS == -120.0


def test_a_full_scale_square_wave_is_the_reference() -> None:
    assert level_dbfs(np.full(1_000, -32_768, np.int16)) == 0.0


def test_a_full_scale_sine_lies_three_decibels_below() -> None:
    sine = np.round(32_767 * np.sin(2 * np.pi * 100 * np.arange(48_000) / 48_000)).astype(np.int16)
    assert level_dbfs(sine) == pytest.approx(-3.01, abs=0.01)


def test_halving_a_sound_costs_six_decibels() -> None:
    sound = np.random.default_rng(1).integers(-8_000, 8_000, 50_000).astype(np.int16) * np.int16(2)
    assert level_dbfs(sound) - level_dbfs(sound // np.int16(2)) == pytest.approx(6.02, abs=0.01)


def test_one_sample_in_an_hour_is_not_below_the_lowest_level() -> None:
    lone = np.zeros(3_600 * 4_000, np.int16)
    lone[7] = 1
    assert level_dbfs(lone) == SILENCE_DBFS


def test_a_level_needs_at_least_one_sample() -> None:
    with pytest.raises(AudioFormatError, match="at least one sample"):
        level_dbfs(np.zeros(0, np.int16))
