"""Sound as a picture shows it: an outline of the wave, and power by mel band and time. Pure."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tears.audio.constants import FULL_SCALE, MODEL_RATE_HZ
from tears.audio.format import Int16Array
from tears.audio.mel import mel_of_hz

FRAME_SAMPLES = 1024  # 46 ms: two harmonics of a cry, 400 Hz apart, are eighteen bins apart
HOP_SAMPLES = 256  # 12 ms
MEL_BANDS = 96
LOWEST_HZ = 60.0
HIGHEST_HZ = MODEL_RATE_HZ / 2  # 11 025

Floats = npt.NDArray[np.float32]


def band_of_hz(frequency_hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Where a frequency lies among the bands: 0 is the middle of the first."""
    low, high = mel_of_hz(LOWEST_HZ), mel_of_hz(HIGHEST_HZ)
    return (mel_of_hz(frequency_hz) - low) / (high - low) * (MEL_BANDS + 1) - 1.0


def mel_spectrogram_db(samples: Int16Array, columns: int) -> Floats:
    """The power in each mel band over time.

    Args:
        samples: int16, (n,), n >= `FRAME_SAMPLES`, at 22 050 Hz.
        columns: how many points in time; the power between two of them is averaged.

    Returns:
        float32, (`MEL_BANDS`, columns), in dB; 0 is about what a full-scale sine has in its own band, -120 silence.
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME_SAMPLES)[::HOP_SAMPLES]  # (frames, 1024)
    edges = np.linspace(0, len(frames), columns + 1).round().astype(int)
    window = np.hanning(FRAME_SAMPLES).astype(np.float32) * (2.0 / (0.5 * FRAME_SAMPLES * FULL_SCALE))
    filters = _mel_filters()
    power = np.empty((MEL_BANDS, columns), np.float32)
    for column, (begin, end) in enumerate(pairwise(edges)):
        some = frames[min(begin, len(frames) - 1) : max(end, begin + 1)] * window
        power[:, column] = filters @ (np.abs(np.fft.rfft(some, axis=1)) ** 2).mean(axis=0)
    decibels: Floats = (10.0 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)
    return decibels


def outline(samples: Int16Array, columns: int) -> tuple[Floats, Floats]:
    """The lowest and the highest sample of each of so many equal parts: float32, (columns,), in [-1, 1)."""
    edges = np.linspace(0, len(samples), columns, endpoint=False).astype(int)
    low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
    return (low / FULL_SCALE).astype(np.float32), (high / FULL_SCALE).astype(np.float32)


def _mel_filters() -> Floats:
    """Triangles of height 1 over their neighbours' middles: float32, (`MEL_BANDS`, 513)."""
    bands = band_of_hz(np.fft.rfftfreq(FRAME_SAMPLES, 1 / MODEL_RATE_HZ))  # (513,)
    distance = np.abs(bands[None, :] - np.arange(MEL_BANDS)[:, None])
    filters = np.maximum(0.0, 1.0 - distance)
    # Low bands are narrower than a bin: they take the nearest one.
    nearest = distance.argmin(axis=1)
    filters[np.arange(MEL_BANDS), nearest] = np.maximum(filters[np.arange(MEL_BANDS), nearest], 0.5)
    return filters.astype(np.float32)
