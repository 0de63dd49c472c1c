"""Signals with names, made from nothing, on which a model's answers are known and compared."""

import numpy as np

from tears.training.acoustics import Signal
from tears.training.frontend import SAMPLE_RATE_HZ, WINDOW_SAMPLES

_SECONDS = np.arange(WINDOW_SAMPLES) / SAMPLE_RATE_HZ


def named_signals() -> dict[str, Signal]:
    """Silence, hiss, tone, hum and a cry-like call, each float32 of shape [110 250], at full scale but for silence."""
    rng = np.random.default_rng(59185)
    hiss = rng.normal(0, 0.3, WINDOW_SAMPLES)
    hum = sum((np.sin(2 * np.pi * 50 * k * _SECONDS) / k for k in (1, 2, 3, 4)), np.zeros(WINDOW_SAMPLES))
    named = {
        "silence": np.zeros(WINDOW_SAMPLES),
        "hiss": np.clip(hiss, -1, 1),
        "tone": 0.9 * np.sin(2 * np.pi * 440 * _SECONDS),
        "hum": 0.45 * hum,
        "cry-like": cry_like() + rng.normal(0, 0.005, WINDOW_SAMPLES),
    }
    return {name: np.clip(signal, -1, 32767 / 32768).astype(np.float32) for name, signal in named.items()}


def cry_like() -> Signal:
    """A voiced call a second: a fundamental that rises from 350 to 480 Hz and falls, its harmonics shaped by formants.

    Returns:
        float32 of shape [110 250], with peaks near 0.9.
    """
    call = (_SECONDS % 1.1) / 0.85  # 0 to 1 while it sounds, more while it breathes
    sounding = call < 1
    hz = 350 + 130 * np.sin(np.pi * np.clip(call, 0, 1)) + 6 * np.sin(2 * np.pi * 6 * _SECONDS)
    cycles = np.cumsum(hz) / SAMPLE_RATE_HZ
    sound = np.zeros(WINDOW_SAMPLES)
    for k in range(1, 20):
        formants = sum(
            g / (1 + ((k * hz - f) / w) ** 2) for f, w, g in ((1100, 350, 1), (3300, 600, 0.6), (5500, 900, 0.2))
        )
        sound += (0.15 / k + formants) * np.sin(2 * np.pi * k * cycles)
    sound *= sounding * np.sin(np.pi * np.clip(call, 0, 1)) ** 0.5
    return np.asarray(0.9 * sound / np.max(np.abs(sound)), np.float32)
