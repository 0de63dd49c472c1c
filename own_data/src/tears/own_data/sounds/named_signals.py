"""Generate signals with names, on which the answers of models are checked and compared."""

import numpy as np

from tears.audio.constants import FULL_SCALE, LARGEST_SAMPLE, MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal


def named_signals(samples: int = WINDOW_SAMPLES, sample_rate_hz: int = MODEL_RATE_HZ) -> dict[str, Signal]:
    """Return silence, and a loud hiss, tone, hum and cry-like call, each float32 of shape [samples]."""
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
    loudest = LARGEST_SAMPLE / FULL_SCALE
    return {name: np.clip(signal, -1, loudest).astype(np.float32) for name, signal in named.items()}


def cry_like(samples: int = WINDOW_SAMPLES, sample_rate_hz: int = MODEL_RATE_HZ) -> Signal:
    """Return a voiced call each second: a tone that rises from 350 to 480 Hz and falls, with harmonics and formants.

    It is float32 of shape [samples], with peaks near 0.9.
    """
    seconds = np.arange(samples) / sample_rate_hz
    call = (seconds % 1.1) / 0.85  # 0 to 1 during the call, more during the breath
    is_call = call < 1
    hz = 350 + 130 * np.sin(np.pi * np.clip(call, 0, 1)) + 6 * np.sin(2 * np.pi * 6 * seconds)
    cycles = np.cumsum(hz) / sample_rate_hz
    sound = np.zeros(samples)
    # Nineteen harmonics reach 9.3 kHz. At a low rate, those above half of the rate would alias to other tones.
    for k in range(1, min(20, 1 + int(sample_rate_hz / 2 / np.max(hz)))):
        formants = sum(
            g / (1 + ((k * hz - f) / w) ** 2) for f, w, g in ((1100, 350, 1), (3300, 600, 0.6), (5500, 900, 0.2))
        )
        sound += (0.15 / k + formants) * np.sin(2 * np.pi * k * cycles)
    sound *= is_call * np.sin(np.pi * np.clip(call, 0, 1)) ** 0.5
    return np.asarray(0.9 * sound / np.max(np.abs(sound)), np.float32)
