"""A lullaby: a tune of our own in three-four time, on a music box over broken chords of plucked strings.

A plucked string is a sum of partials, stretched a little by stiffness; the higher ones die away sooner, and those with
a node where it is plucked are silent. A music box's tongue is a bar clamped at one end, whose next modes are at 6.27
and 17.5 times its pitch (Rossing), soft and brief.
"""

import numpy as np

from tears.samples.waveforms import SCENE_RATE_HZ, FloatArray, mix, sample_count, sample_times

_BEAT_SECONDS = 0.52
# Steps of the major scale above the tonic (0), with their lengths in beats; rests are None. Two phrases of four bars.
_TUNE: tuple[tuple[int | None, float], ...] = (
    (4, 1.5), (2, 0.5), (4, 1), (5, 2), (4, 1), (2, 1.5), (1, 0.5), (2, 1), (0, 3),
    (1, 1), (2, 1), (3, 1), (4, 2), (2, 1), (1, 1.5), (2, 0.5), (1, 1), (0, 3),
)  # fmt: skip
# One chord a bar, by the step of its root.
_CHORDS = (0, 3, 4, 0, 4, 0, 4, 0)
_MAJOR_SEMITONES = (0, 2, 4, 5, 7, 9, 11)


def lullaby(length_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return the tune from its beginning, in a random key and tempo; shape (samples,)."""
    tonic = 60 + int(rng.integers(-3, 4))  # MIDI numbers: 60 is the C of 262 Hz
    beat = _BEAT_SECONDS * float(rng.uniform(0.9, 1.1))
    parts: list[tuple[float, FloatArray]] = []
    at = 0.0
    while at < length_seconds:
        place = at
        for step, beats in _TUNE:
            if step is not None:
                parts.append((place, float(rng.uniform(0.8, 1.0)) * _tongue(_hz(tonic + 12, step))))
            place += beats * beat
        for bar, root in enumerate(_CHORDS):
            for beat_of_bar, step in enumerate((root - 7, root + 2, root + 4)):
                start = at + (3 * bar + beat_of_bar) * beat
                loudness = 0.6 if beat_of_bar == 0 else 0.35
                parts.append((start, loudness * _string(_hz(tonic - 12, step), 1.2, rng)))
        at = place
    kept = [(start + float(rng.uniform(0, 0.012)), sound) for start, sound in parts if start < length_seconds - 1.2]
    return mix(kept, length_seconds)


def _hz(tonic: int, step: int) -> float:
    """Return the pitch of a step of the major scale on a tonic, tempered."""
    octave, degree = divmod(step, 7)
    return float(440 * 2 ** ((tonic + 12 * octave + _MAJOR_SEMITONES[degree] - 69) / 12))


def _string(hz: float, ring_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return the tone of a plucked nylon string; its lowest partial falls by 60 dB in `ring_seconds`."""
    pluck = float(rng.uniform(0.18, 0.3))  # the position along its length
    partials = []
    for number in range(1, min(20, int(0.4 * SCENE_RATE_HZ / hz)) + 1):
        strength = abs(float(np.sin(np.pi * number * pluck))) / number**1.6
        ring = ring_seconds / (1 + 0.25 * number + 0.02 * number**2)
        partials.append((hz * number * float(np.sqrt(1 + 4e-5 * number**2)), strength, ring))
    return _ringing(partials, 0.003)


def _tongue(hz: float) -> FloatArray:
    """Return the tone of a steel tongue of a music box."""
    modes = ((1.0, 1.0, 1.4), (2.0, 0.12, 0.8), (6.27, 0.15, 0.25), (17.5, 0.03, 0.06))
    return _ringing(
        [(ratio * hz, gain, ring) for ratio, gain, ring in modes if ratio * hz < 0.45 * SCENE_RATE_HZ], 0.001
    )


def _ringing(partials: list[tuple[float, float, float]], attack_seconds: float) -> FloatArray:
    """Return a sum of dying sines, given by frequency, strength and seconds to -60 dB; shape (samples,)."""
    note = np.zeros(sample_count(max(ring for _, _, ring in partials)))
    for hz, strength, ring in partials:
        time = sample_times(sample_count(ring))
        note[: time.size] += strength * np.sin(2 * np.pi * hz * time) * np.exp(-6.9 * time / ring)
    attack = sample_count(attack_seconds)
    note[:attack] *= np.arange(attack) / attack
    return note
