"""Generated adults, toddlers and cats: all different, each with the pitch and the resonances of its kind."""

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.trainer.augmentation.acoustics import active_rms
from tears.trainer.augmentation.throats.adults import random_adult, sobbing
from tears.trainer.augmentation.throats.cats import caterwauling, meowing
from tears.trainer.augmentation.throats.toddlers import babbling
from tears.trainer.augmentation.window_scenes import SOUND_KINDS

COUNT = 8
FRAME_SAMPLES = 1024
SHORTEST_LAG, LONGEST_LAG = MODEL_RATE_HZ // 1000, MODEL_RATE_HZ // 90


@functools.cache
def drawn(kind: Callable[..., Signal]) -> list[Signal]:
    return [kind(np.random.default_rng(seed)) for seed in range(COUNT)]


def loud_frames(sound: Signal) -> npt.NDArray[np.float64]:
    """Return the louder quarter of a sound's frames, shape [n, 1024]."""
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), FRAME_SAMPLES)[::512]
    power = np.square(frames).mean(axis=1)
    return np.asarray(frames[power >= np.quantile(power, 0.75)])


def pitch_hz(sound: Signal) -> float:
    """Return the median pitch of the louder frames, by the first high peak of the autocorrelation."""
    found = []
    for frame in loud_frames(sound):
        spectrum = np.fft.rfft(frame * np.hanning(FRAME_SAMPLES), 4 * FRAME_SAMPLES)
        correlation = np.fft.irfft(np.square(np.abs(spectrum)))[:FRAME_SAMPLES]
        levels = correlation[SHORTEST_LAG:LONGEST_LAG] / (1 - np.arange(SHORTEST_LAG, LONGEST_LAG) / FRAME_SAMPLES)
        is_peak = (levels[1:-1] > levels[:-2]) & (levels[1:-1] >= levels[2:]) & (levels[1:-1] > 0.8 * levels.max())
        if is_peak.any():
            found.append(MODEL_RATE_HZ / (SHORTEST_LAG + 1 + np.flatnonzero(is_peak)[0]))
    return float(np.median(found))


def share_above(sound: Signal, hz: float) -> float:
    """Return the share of the louder frames' power above a frequency."""
    power = np.square(np.abs(np.fft.rfft(loud_frames(sound) * np.hanning(FRAME_SAMPLES)))).sum(axis=0)
    return float(power[np.fft.rfftfreq(FRAME_SAMPLES, 1 / MODEL_RATE_HZ) > hz].sum() / power.sum())


@pytest.mark.parametrize("kind", [sobbing, meowing, caterwauling, babbling])
def test_a_voice_has_five_seconds_within_full_scale_and_each_seed_gives_another(kind: Callable[..., Signal]) -> None:
    sounds = drawn(kind)

    for sound in sounds:
        assert sound.shape == (WINDOW_SAMPLES,)
        assert sound.dtype == np.float32
        assert np.abs(sound).max() == pytest.approx(1.0, abs=1e-3)
        assert active_rms(sound) > 0.03
    assert len({sound.tobytes() for sound in sounds}) == COUNT
    np.testing.assert_array_equal(sounds[3], kind(np.random.default_rng(3)))


@pytest.mark.parametrize(
    ("kind", "lowest_hz", "highest_hz"),
    [(sobbing, 120, 560), (meowing, 380, 900), (caterwauling, 250, 950), (babbling, 170, 560)],
)
def test_a_voice_has_the_pitch_of_its_kind(kind: Callable[..., Signal], lowest_hz: float, highest_hz: float) -> None:
    pitches = [pitch_hz(sound) for sound in drawn(kind)]

    # An octave error of the measurement now and then is no fault of the voice.
    assert sum(lowest_hz < pitch < highest_hz for pitch in pitches) >= COUNT - 2
    assert max(pitches) > 1.3 * min(pitches)


def test_adults_have_lower_resonances_than_cats() -> None:
    assert np.median([share_above(sound, 1300) for sound in drawn(sobbing)]) < 0.35
    assert np.median([share_above(sound, 1300) for sound in drawn(meowing)]) > 0.45


def test_women_and_men_cry() -> None:
    adults = [random_adult(np.random.default_rng(seed)) for seed in range(50)]

    assert 0.4 < np.mean([adult.tract > 1.08 for adult in adults]) < 0.9
    assert min(adult.pitch_hz for adult in adults) < 220
    assert max(adult.pitch_hz for adult in adults) > 380


def test_a_tenth_of_the_other_sounds_at_most_are_generated_voices() -> None:
    voices = ("sobbing adult", "meowing cat", "yowling cat", "babbling toddler")
    clips, corpus = (sum(SOUND_KINDS[kind][k] for kind in voices) for k in (0, 1))

    assert 0.08 <= clips <= 0.1
    assert corpus == 0
    for shares in zip(*SOUND_KINDS.values(), strict=True):
        assert sum(shares) == pytest.approx(1.0)
