"""Sounds of a house: a door that slams, is knocked at or creaks, and a vacuum cleaner.

A door is a body that is struck or rubbed: a blow, or a hinge that sticks and slips, excites modes that ring and die
away. A hollow door's leaf has modes from about 50 Hz up, and wood damps them within a few hundredths of a second.
"""

import numpy as np

from tears.samples.waveforms import (
    SCENE_RATE_HZ,
    FloatArray,
    coloured_noise,
    convolve,
    equalize,
    mix,
    rms,
    sample_count,
    sample_times,
    wander,
    with_fades,
)


def slam(rng: np.random.Generator) -> FloatArray:
    """Return the sound of a slamming door: the latch clicks, the leaf hits the frame, wall and panes rattle."""
    leaf = _modes(
        np.geomspace(48, 5000, 70) * rng.uniform(0.95, 1.05, 70), quality=14.0, tilt_db_per_octave=2.5, rng=rng
    )
    latch = _modes(rng.uniform(1800, 8000, 12), quality=40.0, tilt_db_per_octave=-1.0, rng=rng)
    blow = _peaked(convolve(_blow(0.0012, rng), leaf))
    # The leaf pushes air through the gap.
    count = sample_count(0.25)
    rush = _peaked(coloured_noise(count, -5.0, rng) * np.exp(-sample_times(count) / 0.05))
    parts = [(0.0, 0.15 * _peaked(convolve(_blow(0.0003, rng), latch))), (0.04, blow), (0.04, 0.6 * rush)]
    rattle = 0.1
    for _ in range(int(rng.integers(2, 5))):
        parts.append((rattle, rng.uniform(0.03, 0.12) * blow))
        rattle += float(rng.uniform(0.04, 0.11))
    return mix(parts, 1.0)


def knocking(rng: np.random.Generator) -> FloatArray:
    """Return the sound of knuckles on a door: two groups of three to five knocks."""
    leaf = _modes(
        np.geomspace(90, 6000, 60) * rng.uniform(0.95, 1.05, 60), quality=6.0, tilt_db_per_octave=4.5, rng=rng
    )
    parts: list[tuple[float, FloatArray]] = []
    at = 0.0
    for group in range(2):
        for _ in range(int(rng.integers(3, 6))):
            parts.append((at, rng.uniform(0.7, 1.0) * convolve(_blow(0.0007, rng), leaf)))
            at += float(rng.uniform(0.16, 0.22))
        at += float(rng.uniform(0.5, 0.9)) * (1 - group)
    return mix(parts, at + 0.2)


def creak(length_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return the creak of a dry hinge: it sticks and slips 6 to 60 times a second, and iron and wood resonate."""
    count = sample_count(length_seconds)
    rate_hz = 20 * np.exp(0.8 * wander(count, 1.5, rng))
    cycles = np.cumsum(np.clip(rate_hz, 6, 60)) / SCENE_RATE_HZ
    slips = np.searchsorted(cycles, np.cumsum(np.maximum(rng.normal(1, 0.3, int(cycles[-1])), 0.3)))
    slips = slips[slips < count]
    force = np.clip(0.6 + 0.5 * wander(count, 2.5, rng), 0.05, None)
    hinge = np.zeros(count)
    hinge[slips] = force[slips] * rng.uniform(0.4, 1.0, slips.size)
    body = _modes(np.geomspace(400, 9000, 60) * rng.uniform(0.95, 1.05, 60), 30.0, 1.0, rng)
    return with_fades(convolve(hinge, body)[:count], 0.1, 0.15)


def vacuuming(length_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return the sound of a vacuum cleaner that starts, is pushed to and fro, and stops.

    Most of it is rushing air, strongest around 1 kHz; the fan's blades and the motor's commutator add a whine that
    follows the speed, about 300 turns a second.
    """
    count = sample_count(length_seconds)
    time = sample_times(count)
    speed = (1 - np.exp(-time / 0.5)) * (1 - np.exp(-(length_seconds - time) / 0.45))
    strokes = (
        1 + 0.12 * np.sin(2 * np.pi * rng.uniform(0.4, 0.6) * time + rng.uniform(0, 6)) + 0.05 * wander(count, 3, rng)
    )
    air = equalize(rng.standard_normal(count), {60: -22, 200: -4, 600: 0, 1500: -3, 4000: -8, 10000: -14, 16000: -26})
    turns = np.cumsum(300 * speed * (1 + 0.004 * wander(count, 2, rng) - 0.02 * (strokes - 1))) / SCENE_RATE_HZ
    whine = np.zeros(count)
    for order, gain in ((1, 0.5), (2, 0.15), (5, 0.25), (7, 0.2), (14, 0.1), (22, 0.05)):
        whine += gain * np.sin(2 * np.pi * order * turns + rng.uniform(0, 6))
    hum = 0.15 * np.sin(2 * np.pi * 100 * time)
    return with_fades((air / rms(air) * strokes + whine + hum) * speed**2.5, 0.05, 0.2)


def _blow(length_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return the force of one impact: half a sine while the two bodies touch, not quite smooth."""
    count = sample_count(length_seconds)
    force = np.sin(np.pi * (np.arange(count) + 0.5) / count)
    return force * (1 + 0.2 * rng.standard_normal(count))


def _peaked(sound: FloatArray) -> FloatArray:
    """Return a sound scaled to a peak of 1."""
    return np.asarray(sound / np.abs(sound).max())


def _modes(hz: FloatArray, quality: float, tilt_db_per_octave: float, rng: np.random.Generator) -> FloatArray:
    """Return the response of a struck body: a sum of dying sines, shape (samples,), half a second long.

    Args:
        hz: Shape (modes,): their frequencies.
        quality: Number of cycles until a mode has fallen by 27 dB: about 10 for wood, 50 and more for metal.
        tilt_db_per_octave: How the modes' strength changes with frequency.
        rng: Draws their exact strengths and signs.
    """
    time = sample_times(sample_count(0.5))
    strengths = 10 ** (tilt_db_per_octave * np.log2(hz / 200) / 20) * rng.normal(0, 1, hz.size)
    phases = 2 * np.pi * hz[:, None] * time[None, :]
    dying = np.exp(-np.pi * hz[:, None] / quality * time[None, :])
    return np.asarray((strengths[:, None] * np.sin(phases) * dying).sum(axis=0))
