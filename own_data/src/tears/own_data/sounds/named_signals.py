"""Signals with names, made from nothing, on which a model's answers are known and compared."""

import numpy as np

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal


def named_signals(samples: int = WINDOW_SAMPLES, sample_rate_hz: int = MODEL_RATE_HZ) -> dict[str, Signal]:
    """Silence, hiss, tone, hum and a cry-like call, each float32 of shape [samples], at full scale but for silence."""
    seconds = np.arange(samples) / sample_rate_hz
    rng = np.random.default_rng(59185)
    hiss = rng.normal(0, 0.3, samples)
    hum = sum((np.sin(2 * np.pi * 50 * k * seconds) / k for k in (1, 2, 3, 4)), np.zeros(samples))
    named = {
        "silence": np.zeros(samples),
        "hiss": np.clip(hiss, -1, 1),
        "tone": 0.9 * np.sin(2 * np.pi * 440 * seconds),
        "hum": 0.45 * hum,
        "cry-like": cry_like(samples, sample_rate_hz) + rng.normal(0, 0.005, samples),
    }
    return {name: np.clip(signal, -1, 32767 / 32768).astype(np.float32) for name, signal in named.items()}


def cry_like(samples: int = WINDOW_SAMPLES, sample_rate_hz: int = MODEL_RATE_HZ) -> Signal:
    """A voiced call a second: a fundamental that rises from 350 to 480 Hz and falls, its harmonics shaped by formants.

    Returns:
        float32 of shape [samples], with peaks near 0.9.
    """
    seconds = np.arange(samples) / sample_rate_hz
    call = (seconds % 1.1) / 0.85  # 0 to 1 while it sounds, more while it breathes
    sounding = call < 1
    hz = 350 + 130 * np.sin(np.pi * np.clip(call, 0, 1)) + 6 * np.sin(2 * np.pi * 6 * seconds)
    cycles = np.cumsum(hz) / sample_rate_hz
    sound = np.zeros(samples)
    # Nineteen harmonics reach 9.3 kHz; at a low rate those above half of it would come back as other tones.
    for k in range(1, min(20, 1 + int(sample_rate_hz / 2 / np.max(hz)))):
        formants = sum(
            g / (1 + ((k * hz - f) / w) ** 2) for f, w, g in ((1100, 350, 1), (3300, 600, 0.6), (5500, 900, 0.2))
        )
        sound += (0.15 / k + formants) * np.sin(2 * np.pi * k * cycles)
    sound *= sounding * np.sin(np.pi * np.clip(call, 0, 1)) ** 0.5
    return np.asarray(0.9 * sound / np.max(np.abs(sound)), np.float32)
