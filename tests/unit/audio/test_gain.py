"""The fixed and the automatic gain."""

import math
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from tears.audio.errors import AudioFormatError, GainError
from tears.audio.gain import (
    SAMPLES_PER_CLIPPED_SAMPLE,
    apply_gain,
    auto_gain_db,
    loudest_magnitude,
)

Sound: TypeAlias = NDArray[np.int16]
sounds = st.one_of(
    hnp.arrays(np.int16, st.integers(1, 5_000)),
    hnp.arrays(np.int16, st.integers(1, 5_000), elements=st.integers(-300, 300)),
)


def test_forty_five_decibels_are_a_factor_of_178() -> None:
    amplified, clipped = apply_gain(np.array([1, -1, 100, -100], np.int16), 45.0)
    assert amplified == pytest.approx(np.array([177.82794, -177.82794, 17_782.794, -17_782.794]))
    assert clipped == 0


def test_gain_does_not_round_samples_before_they_are_resampled() -> None:
    amplified, _ = apply_gain(np.array([1, -1, 3, -3], np.int16), 20 * math.log10(0.5))
    assert amplified == pytest.approx(np.array([0.5, -0.5, 1.5, -1.5]))


def test_no_gain_changes_nothing() -> None:
    everything = np.arange(-32_768, 32_768).astype(np.int16)
    amplified, clipped = apply_gain(everything, 0.0)
    assert np.array_equal(amplified, everything)
    assert clipped == 0


def test_a_sample_beyond_full_scale_clips_and_counts() -> None:
    sound = np.array([16_383, 16_384, 16_385, -16_384, -16_385], np.int16)
    amplified, clipped = apply_gain(sound, 20 * math.log10(2))
    assert amplified == pytest.approx(np.array([32_766, 32_768, 32_768, -32_768, -32_768]))
    assert amplified.max() < 32_768
    assert clipped == 3


@pytest.mark.parametrize("samples_dtype", [np.int16, np.float64])
@pytest.mark.parametrize("gain_db", [-20.0, 0.0, 0.1, 6.0206, 20.0, 33.3, 45.0, 60.0])
def test_a_product_is_rounded_once_and_clips_alike_in_every_dtype(samples_dtype: type, gain_db: float) -> None:
    samples: NDArray[Any] = np.arange(-32_768, 32_768).astype(samples_dtype)
    exact = samples * np.float64(10 ** (gain_db / 20))
    wanted = np.clip(exact, -32_768, 32_768 - 2**-16)
    for dtype in (np.float64, np.float32):
        amplified, clipped = apply_gain(samples, gain_db, dtype)
        assert amplified.dtype == dtype
        assert np.array_equal(amplified, wanted.astype(dtype))
        assert clipped == np.count_nonzero(exact != wanted)


def test_a_gain_of_nothing_makes_silence_and_clips_nothing() -> None:
    amplified, clipped = apply_gain(np.array([32_767, -32_768], np.int16), -10_000.0)
    assert (amplified.tolist(), clipped) == ([0.0, 0.0], 0)


@pytest.mark.parametrize("gain_db", [math.nan, math.inf])
def test_a_gain_must_be_finite(gain_db: float) -> None:
    with pytest.raises(GainError, match="finite"):
        apply_gain(np.ones(1, np.int16), gain_db)


def test_gain_takes_one_channel_of_int16() -> None:
    with pytest.raises(AudioFormatError, match=r"not int16 of \(2, 2\)"):
        apply_gain(np.zeros((2, 2), np.int16), 0.0)
    with pytest.raises(AudioFormatError, match=r"\(0,\)"):
        auto_gain_db(np.zeros(0, np.int16))


def test_digital_silence_gets_the_largest_gain() -> None:
    assert auto_gain_db(np.zeros(1_000, np.int16)) == 45.0


def test_sound_at_full_scale_gets_no_gain() -> None:
    assert auto_gain_db(np.full(1_000, -32_768, np.int16)) == 0.0


def test_automatic_gain_brings_the_loudest_but_one_in_a_thousand_to_full_scale() -> None:
    sound = np.full(2_000, 5, np.int16)
    sound[:2] = 30_000
    sound[2] = -1_000
    amplified, clipped = apply_gain(sound, auto_gain_db(sound))
    assert clipped == 2
    assert amplified[2] == pytest.approx(-32_767)


@given(sounds)
def test_automatic_gain_clips_at_most_one_sample_in_a_thousand(sound: Sound) -> None:
    gain_db = auto_gain_db(sound)
    assert 0.0 <= gain_db <= 45.0
    assert apply_gain(sound, gain_db)[1] <= sound.size // 1_000


@given(sounds)
def test_a_little_more_than_automatic_gain_would_clip_too_many(sound: Sound) -> None:
    gain_db = auto_gain_db(sound)
    if gain_db < 45.0:
        assert apply_gain(sound, gain_db + 0.001)[1] > sound.size // 1_000


@given(sounds)
def test_automatic_gain_does_not_depend_on_the_order_of_samples_nor_change_them(sound: Sound) -> None:
    before = sound.copy()
    assert auto_gain_db(sound) == auto_gain_db(sound[::-1])
    assert np.array_equal(sound, before)


def _plainly(mono: NDArray[Any]) -> float:
    """Return the loudest magnitude as its definition says."""
    magnitudes = sorted(abs(float(one)) for one in mono)
    return magnitudes[len(magnitudes) - 1 - len(magnitudes) // SAMPLES_PER_CLIPPED_SAMPLE]


@pytest.mark.parametrize("samples", [1, 255, 256, 257, 999, 1_000, 1_024, 2_000, 25_600, 40_001])
def test_the_loudest_magnitude_is_exact_for_every_length_and_kind_of_sound(samples: int) -> None:
    rng = np.random.default_rng(samples)
    noise = (rng.standard_normal(samples) * 9_000).clip(-32_768, 32_767)
    clicks = np.zeros(samples)
    clicks[rng.integers(0, samples, max(1, samples // 700))] = -32_768
    burst = np.zeros(samples)
    burst[: samples // 900 + 1] = 20_000
    for sound in (noise, clicks, burst, np.full(samples, -7.0), np.sign(noise) * 1_000):
        for mono in (sound.astype(np.int16), sound * 1.5):
            assert loudest_magnitude(mono) == _plainly(mono)
