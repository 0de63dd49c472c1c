# ruff: noqa: PLR2004 (the shares and ranges of what is drawn are this module's subject)
"""Sounds made from nothing: room noise of every colour, hums, tones, alarms, music boxes, speech."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from tears.trainer.augmentation.acoustics import Signal, amplitude
from tears.trainer.frontend import SAMPLE_RATE_HZ, WINDOW_SAMPLES

BANK_SAMPLES: Final = 20 * SAMPLE_RATE_HZ
SENTENCES: Final = (
    "Did you lock the front door?",
    "Dinner is ready, come down please.",
    "Where have you put my keys?",
    "I think it will rain again tomorrow.",
    "Good night, sleep well, see you in the morning.",
    "The bus was late and I had to walk all the way home.",
    "Have you called your mother yet?",
    "One two three four five six seven eight.",
    "No, that one is not mine. Is it yours?",
    "And now the news at ten o'clock.",
    "Once upon a time there was a little house in the woods.",
    "Oh wow, look at that, how lovely!",
)


def noise_bank(rng: np.random.Generator, count: int = 32) -> list[Signal]:
    """Long stretches of coloured noise, some with a resonance, each float32 of shape [441 000] at an RMS of 1."""
    hz = np.maximum(np.fft.rfftfreq(BANK_SAMPLES, 1 / SAMPLE_RATE_HZ), 25.0)
    bank = []
    for k in range(count):
        slope = np.linspace(-9.0, 4.0, count)[k]  # decibels an octave: from a rumble to a hiss
        spectrum = np.fft.rfft(rng.normal(0, 1, BANK_SAMPLES)) * 10 ** (slope * np.log2(hz / 1000) / 20)
        if rng.random() < 0.5:
            centre_hz, width = 2 ** rng.uniform(6.5, 12.5), rng.uniform(0.1, 0.8)
            spectrum *= 1 + amplitude(rng.uniform(3, 20)) * np.exp(-((np.log2(hz / centre_hz) / width) ** 2))
        noise = np.fft.irfft(spectrum, BANK_SAMPLES)
        bank.append((noise / np.sqrt(np.mean(noise**2))).astype(np.float32))
    return bank


def room_noise(bank: list[Signal], rng: np.random.Generator) -> Signal:
    """The noise of an empty room, at an RMS of about 1.

    Returns:
        float32 of shape [110 250].
    """
    noise = np.zeros(WINDOW_SAMPLES, dtype=np.float32)
    for _ in range(int(rng.integers(1, 3))):
        source = bank[int(rng.integers(len(bank)))]
        at = int(rng.integers(0, BANK_SAMPLES - WINDOW_SAMPLES))
        noise += source[at : at + WINDOW_SAMPLES] * amplitude(rng.uniform(-12, 0))
    seconds = np.arange(WINDOW_SAMPLES, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)
    if rng.random() < 0.4:
        noise += mains_hum(seconds, rng) * amplitude(rng.uniform(-15, 10))
    if rng.random() < 0.25:  # a noise machine's waves, a fan that turns
        depth, rate_hz = rng.uniform(0.05, 0.6), rng.uniform(0.1, 3.0)
        noise *= 1 + depth * np.sin(2 * np.pi * (rate_hz * seconds + rng.random()), dtype=np.float32)
    noise /= np.sqrt(np.mean(np.square(noise))) + 1e-9
    if rng.random() < 0.25:  # creaks and ticks
        for _ in range(int(rng.integers(1, 4))):
            n = int(SAMPLE_RATE_HZ * rng.uniform(0.004, 0.08))
            at = int(rng.integers(0, WINDOW_SAMPLES - n))
            tick = rng.normal(0, 1, n) * np.exp(-np.arange(n) / (n / 5))
            noise[at : at + n] += (tick * amplitude(rng.uniform(-3, 22))).astype(np.float32)
    return noise


def mains_hum(seconds: Signal, rng: np.random.Generator) -> Signal:
    """50 or 60 Hz and some of its harmonics."""
    base_hz = 50.0 if rng.random() < 0.5 else 60.0
    hum = np.zeros_like(seconds)
    for k in (1, 2, 3, 4, 6, 8, 12):
        level = rng.uniform(0, 1) / k**0.7
        hum += (level * np.sin(2 * np.pi * (base_hz * k * seconds + rng.random()))).astype(np.float32)
    return hum


def tonal_sound(rng: np.random.Generator) -> Signal:
    """A thing that sounds and is no voice: a steady tone, a beeping alarm, a siren, a music box, a chord.

    Returns:
        float32 of shape [110 250], about full scale.
    """
    seconds = np.arange(WINDOW_SAMPLES) / SAMPLE_RATE_HZ
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
        sound = _harmonics(np.cumsum(hz) / SAMPLE_RATE_HZ, rng)
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
        n = min(WINDOW_SAMPLES - at, int(SAMPLE_RATE_HZ * decay_seconds * 3))
        seconds = np.arange(n) / SAMPLE_RATE_HZ
        hz = root_hz * 2 ** (rng.choice([0, 2, 4, 7, 9, 12, 14]) / 12)
        sound[at : at + n] += _harmonics(hz * seconds, rng) * np.exp(-seconds / decay_seconds).astype(np.float32)
        at += int(SAMPLE_RATE_HZ * beat * rng.choice([1, 1, 2]))
    return sound


def spoken_sentences(rng: np.random.Generator, count: int = 160) -> list[Signal]:
    """Sentences spoken by espeak-ng in many voices; none where it is not installed.

    Returns:
        float32 arrays of 1 to 5 s at 22 050 Hz.
    """
    if shutil.which("espeak-ng") is None:
        return []
    sentences = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sentence.wav"
        for _ in range(count):
            variant = rng.choice(["", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m3", "+m7", "+whisper", "+croak"])
            language = rng.choice(["en-gb", "en-us", "de", "fr", "es", "it", "pl", "cmn"])
            text = str(rng.choice(SENTENCES))
            pitch, speed = str(rng.integers(10, 99)), str(rng.integers(110, 230))
            command = ["espeak-ng", "-v", f"{language}{variant}", "-p", pitch, "-s", speed, "-w", str(path), text]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (a program of the system, fixed words)
            samples, rate_hz = soundfile.read(path, dtype="float32")
            sentences.append(np.asarray(soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), np.float32)[:WINDOW_SAMPLES])
    return sentences
