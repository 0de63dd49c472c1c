"""Make voices at any rate and level, the same each time: harmonics that formants shape."""

import numpy as np
from numpy.typing import NDArray

_HIGHEST_HARMONIC_HZ = 6_000


def cry_like(rate_hz: int, level_dbfs: float) -> NDArray[np.int16]:
    """Return 5 s of bursts around 450 Hz with melody and pauses; int16, (5 * rate_hz,)."""
    seconds = np.arange(5 * rate_hz) / rate_hz
    pitch_hz = 450 + 60 * np.sin(2 * np.pi * 0.7 * seconds) + 8 * np.sin(2 * np.pi * 6 * seconds)
    loudness = np.clip(np.sin(2 * np.pi * 0.8 * seconds) + 0.5, 0, 1)
    return _voiced(rate_hz, pitch_hz, loudness, (1_100, 2_900), level_dbfs)


def speech_like(rate_hz: int, level_dbfs: float) -> NDArray[np.int16]:
    """Return 5 s of four syllables a second around 130 Hz; int16, (5 * rate_hz,)."""
    seconds = np.arange(5 * rate_hz) / rate_hz
    pitch_hz = 130 + 20 * np.sin(2 * np.pi * 0.4 * seconds)
    loudness = np.square(np.sin(2 * np.pi * 2 * seconds))
    return _voiced(rate_hz, pitch_hz, loudness, (550, 1_700), level_dbfs)


def _voiced(
    rate_hz: int,
    pitch_hz: NDArray[np.float64],
    loudness: NDArray[np.float64],
    formants_hz: tuple[int, int],
    level_dbfs: float,
) -> NDArray[np.int16]:
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
    sound = np.zeros(pitch_hz.size)
    for harmonic in range(1, int(_HIGHEST_HARMONIC_HZ / pitch_hz.max()) + 1):
        hz = harmonic * pitch_hz
        formants = sum(1 / (1 + np.square((hz - formant) / 250)) for formant in formants_hz)
        sound += (0.05 + formants) / harmonic * np.sin(harmonic * phase)
    sound *= loudness
    # A clip rarely begins at the height of a cry: let the sound rise and fall within 10 ms.
    swell = np.minimum(1, np.arange(sound.size) / (0.01 * rate_hz))
    sound *= swell * swell[::-1]
    sound *= 10 ** (level_dbfs / 20) / np.sqrt(np.mean(np.square(sound)))
    # Every microphone has a hiss of half a step.
    sound += np.random.default_rng(5).normal(0, 0.5, sound.size) / 32_768
    return np.clip(np.floor(sound * 32_768 + 0.5), -32_768, 32_767).astype(np.int16)
