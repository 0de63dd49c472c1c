"""A toddler who babbles: four or five syllables a second of a vowel and a closure of the lips or the tongue."""

import numpy as np

from tears.audio.format import Signal
from tears.samples.voices.voice import Gesture, utter
from tears.samples.waveforms import FloatArray
from tears.trainer.augmentation.throats.utterances import attack_and_release, between, frames_of, in_a_row, slow_curve

# A toddler's first four resonances, as in had, hod, heed, hud and hood.
_CHILD_VOWELS_HZ = np.array(
    (
        (1050.0, 2750.0, 3900.0, 5400.0),
        (1150.0, 1800.0, 3800.0, 5300.0),
        (450.0, 3300.0, 4100.0, 5500.0),
        (950.0, 1900.0, 3900.0, 5300.0),
        (600.0, 1300.0, 3800.0, 5300.0),
    )
)
_CHILD_BANDWIDTHS_HZ = (90.0, 110.0, 155.0, 220.0)


def babbling(rng: np.random.Generator) -> Signal:
    """Generate a toddler who babbles: float32 [110 250], with a peak of 1."""
    pitch_hz, size, rate_hz = between(230.0, 420.0, rng), rng.uniform(0.93, 1.16), rng.uniform(3.5, 5.2)
    nasals, sameness = rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.6)

    def phrase() -> FloatArray:
        count = int(rng.integers(1, 6))
        since = frames_of(count / rate_hz)
        beat = np.clip(since * rate_hz + rng.uniform(0.05, 0.35) * slow_curve(since.size, 2, rng), 0, count)
        vowels = _CHILD_VOWELS_HZ[rng.integers(0, len(_CHILD_VOWELS_HZ), count)]
        if rng.random() < sameness:  # one syllable again and again
            vowels[:] = vowels[0]
        middles = np.arange(count) + 0.5
        formants_hz = np.stack([np.interp(beat, middles, track) for track in vowels.T], axis=1) * size
        opening = np.clip(rng.uniform(1.1, 1.6) * np.abs(np.sin(np.pi * beat)) ** rng.uniform(0.5, 1.3), 0, 1)
        # With closed lips or the tongue raised the resonances fall; an m or an n still sounds, a b or a d does not.
        lowest_hz = rng.uniform(230.0, 350.0)
        formants_hz[:, 0] = lowest_hz + opening * (formants_hz[:, 0] - lowest_hz)
        formants_hz[:, 1] *= 0.75 + 0.25 * opening
        effort = 0.3 + 0.7 * opening if rng.random() < nasals else opening
        effort = effort * attack_and_release(since, 0.02, 0.08) * np.linspace(1, rng.uniform(0.45, 0.9), since.size)
        melody = np.linspace(1.1, 1.1 - rng.uniform(0, 0.25), since.size)
        melody += rng.uniform(0.1, 0.17) * slow_curve(since.size, rng.uniform(3, 5), rng)
        return _toddler(pitch_hz * rng.uniform(0.9, 1.2) * np.maximum(melody, 0.4), effort, formants_hz, size, rng)

    return in_a_row(phrase, (0.15, 0.6), rng)


def _toddler(
    pitch_hz: FloatArray, effort: FloatArray, formants_hz: FloatArray, size: float, rng: np.random.Generator
) -> FloatArray:
    return utter(
        Gesture(
            pitch_hz=pitch_hz,
            effort=effort,
            breath=between(0.015, 0.12, rng) * effort,
            roughness=np.full(effort.size, rng.uniform(0.03, 0.15)),
            formants_hz=formants_hz,
            bandwidths_hz=_CHILD_BANDWIDTHS_HZ,
            spacing_hz=1500.0 * size,
            press=rng.uniform(0.85, 1.5),
            tilt_hz=between(1400.0, 4700.0, rng),
            jitter=0.01,
            shimmer=0.06,
        ),
        rng,
    )
