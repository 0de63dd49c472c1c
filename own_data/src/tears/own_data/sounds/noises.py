# ruff: noqa: PLR2004 (the shares and ranges that are drawn from are the subject of this module)
"""Generate room noise of every colour, hums, tones, alarms and music boxes."""

from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.audio.gain import amplitude

NOISE_SAMPLES: Final = 20 * MODEL_RATE_HZ


def noise_bank(rng: np.random.Generator, count: int = 32) -> list[Signal]:
    """Return 20 s stretches of coloured noise, some with a resonance: float32 of shape [441 000], at an RMS of 1."""
    hz = np.maximum(np.fft.rfftfreq(NOISE_SAMPLES, 1 / MODEL_RATE_HZ), 25.0)
    bank = []
    for k in range(count):
        slope = np.linspace(-9.0, 4.0, count)[k]  # decibels an octave: from a rumble to a hiss
        spectrum = np.fft.rfft(rng.normal(0, 1, NOISE_SAMPLES)) * 10 ** (slope * np.log2(hz / 1000) / 20)
        if rng.random() < 0.5:
            centre_hz, width = 2 ** rng.uniform(6.5, 12.5), rng.uniform(0.1, 0.8)
            spectrum *= 1 + amplitude(rng.uniform(3, 20)) * np.exp(-((np.log2(hz / centre_hz) / width) ** 2))
        noise = np.fft.irfft(spectrum, NOISE_SAMPLES)
        bank.append((noise / np.sqrt(np.mean(noise**2))).astype(np.float32))
    return bank


def room_noise(bank: list[Signal], rng: np.random.Generator) -> Signal:
    """Return the noise of an empty room: float32 of shape [110 250], at an RMS of about 1."""
    noise = np.zeros(WINDOW_SAMPLES, dtype=np.float32)
    for _ in range(int(rng.integers(1, 3))):
        source = bank[int(rng.integers(len(bank)))]
        at = int(rng.integers(0, NOISE_SAMPLES - WINDOW_SAMPLES))
        noise += source[at : at + WINDOW_SAMPLES] * amplitude(rng.uniform(-12, 0))
    seconds = np.arange(WINDOW_SAMPLES, dtype=np.float32) / np.float32(MODEL_RATE_HZ)
    if rng.random() < 0.4:
        noise += mains_hum(seconds, rng) * amplitude(rng.uniform(-15, 10))
    if rng.random() < 0.25:  # a noise machine's waves, a fan that turns
        depth, rate_hz = rng.uniform(0.05, 0.6), rng.uniform(0.1, 3.0)
        noise *= 1 + depth * np.sin(2 * np.pi * (rate_hz * seconds + rng.random()), dtype=np.float32)
    noise /= np.sqrt(np.mean(np.square(noise))) + 1e-9
    if rng.random() < 0.25:  # creaks and ticks
        for _ in range(int(rng.integers(1, 4))):
            n = int(MODEL_RATE_HZ * rng.uniform(0.004, 0.08))
            at = int(rng.integers(0, WINDOW_SAMPLES - n))
            tick = rng.normal(0, 1, n) * np.exp(-np.arange(n) / (n / 5))
            noise[at : at + n] += (tick * amplitude(rng.uniform(-3, 22))).astype(np.float32)
    return noise


def mains_hum(seconds: Signal, rng: np.random.Generator) -> Signal:
    """Return a hum of 50 or 60 Hz and some of its harmonics."""
    base_hz = 50.0 if rng.random() < 0.5 else 60.0
    hum = np.zeros_like(seconds)
    for k in (1, 2, 3, 4, 6, 8, 12):
        level = rng.uniform(0, 1) / k**0.7
        hum += (level * np.sin(2 * np.pi * (base_hz * k * seconds + rng.random()))).astype(np.float32)
    return hum


def tonal_sound(rng: np.random.Generator) -> Signal:
    """Return a steady tone, a beeping alarm, a siren, a music box or a chord.

    It is float32 of shape [110 250], with peaks near full scale.
    """
    seconds = np.arange(WINDOW_SAMPLES) / MODEL_RATE_HZ
    base_hz = 2 ** rng.uniform(np.log2(90), np.log2(3500))
    kind = int(rng.integers(5))
    if kind == 0:
        sound = _harmonics(base_hz * seconds, rng)
    elif kind == 1:  # an alarm
        period, duty = rng.uniform(0.1, 1.5), rng.uniform(0.2, 0.8)
        sound = _harmonics(base_hz * seconds, rng) * ((seconds / period) % 1 < duty)
    elif kind == 2:  # a siren, a sweep
        depth, rate_hz = rng.uniform(0.1, 0.6), rng.uniform(0.1, 6.0)
        hz = base_hz * 2 ** (depth * np.sin(2 * np.pi * (rate_hz * seconds + rng.random())))
        sound = _harmonics(np.cumsum(hz) / MODEL_RATE_HZ, rng)
    elif kind == 3:  # a melody with decaying notes
        sound = _melody(rng)
    else:  # a held chord
        sound = np.sum([_harmonics(base_hz * r * seconds, rng) for r in (1, 1.25, 1.5)], axis=0)
    return np.asarray(sound / (np.max(np.abs(sound)) + 1e-9), np.float32)


def _harmonics(cycles: npt.NDArray[np.float64], rng: np.random.Generator) -> Signal:
    falloff, sound = rng.uniform(0.5, 3.0), np.zeros(len(cycles))
    for k in range(1, int(rng.integers(2, 8))):
        sound += k**-falloff * np.sin(2 * np.pi * (k * cycles + rng.random()))
    return sound.astype(np.float32)


def _melody(rng: np.random.Generator) -> Signal:
    sound = np.zeros(WINDOW_SAMPLES, dtype=np.float32)
    root_hz, at, beat = 2 ** rng.uniform(np.log2(180), np.log2(900)), 0, rng.uniform(0.15, 0.6)
    decay_seconds = rng.uniform(0.1, 1.2)
    while at < WINDOW_SAMPLES:
        n = min(WINDOW_SAMPLES - at, int(MODEL_RATE_HZ * decay_seconds * 3))
        seconds = np.arange(n) / MODEL_RATE_HZ
        hz = root_hz * 2 ** (rng.choice([0, 2, 4, 7, 9, 12, 14]) / 12)
        sound[at : at + n] += _harmonics(hz * seconds, rng) * np.exp(-seconds / decay_seconds).astype(np.float32)
        at += int(MODEL_RATE_HZ * beat * rng.choice([1, 1, 2]))
    return sound
