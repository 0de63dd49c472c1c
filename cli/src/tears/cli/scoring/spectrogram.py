"""What a picture shows of sound: the outline of the wave, and the power by mel band and time. Pure."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tears.audio.constants import FULL_SCALE, MODEL_RATE_HZ
from tears.audio.format import Int16Array
from tears.audio.mel import mel_of_hz, mel_triangles

PICTURE_FRAME_SAMPLES = 1024  # 46 ms: two harmonics of a cry, 400 Hz apart, are eighteen bins apart
PICTURE_HOP_SAMPLES = 256  # 12 ms
PICTURE_BANDS = 96
PICTURE_LOWEST_HZ = 60.0
PICTURE_HIGHEST_HZ = MODEL_RATE_HZ / 2  # 11 025

Floats = npt.NDArray[np.float32]


def band_of_hz(frequency_hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return where a frequency lies among the bands: 0 is the middle of the first."""
    low, high = mel_of_hz(PICTURE_LOWEST_HZ), mel_of_hz(PICTURE_HIGHEST_HZ)
    return (mel_of_hz(frequency_hz) - low) / (high - low) * (PICTURE_BANDS + 1) - 1.0


def mel_spectrogram_db(samples: Int16Array, columns: int) -> Floats:
    """Return the power in each mel band over time.

    Args:
        samples: int16, (n,), n >= `PICTURE_FRAME_SAMPLES`, at 22 050 Hz.
        columns: The number of points in time; the power between two of them is averaged.

    Returns:
        float32, (`PICTURE_BANDS`, columns), in dB; a full-scale sine has about 0 in its own band, silence has -120.
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples, PICTURE_FRAME_SAMPLES)[::PICTURE_HOP_SAMPLES]
    edges = np.linspace(0, len(frames), columns + 1).round().astype(int)  # frames: (n, 1024)
    window = np.hanning(PICTURE_FRAME_SAMPLES).astype(np.float32) * (2.0 / (0.5 * PICTURE_FRAME_SAMPLES * FULL_SCALE))
    filters = _mel_filters()
    power = np.empty((PICTURE_BANDS, columns), np.float32)
    for column, (begin, end) in enumerate(pairwise(edges)):
        some = frames[min(begin, len(frames) - 1) : max(end, begin + 1)] * window
        power[:, column] = filters @ (np.abs(np.fft.rfft(some, axis=1)) ** 2).mean(axis=0)
    decibels: Floats = (10.0 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)
    return decibels


def outline(samples: Int16Array, columns: int) -> tuple[Floats, Floats]:
    """Return the lowest and the highest sample of each of `columns` equal parts: float32, (columns,), in [-1, 1)."""
    edges = np.linspace(0, len(samples), columns, endpoint=False).astype(int)
    low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
    return (low / FULL_SCALE).astype(np.float32), (high / FULL_SCALE).astype(np.float32)


def _mel_filters() -> Floats:
    """Return triangles of height 1 that reach to the middles of their neighbours: float32, (`PICTURE_BANDS`, 513)."""
    bins_hz = np.fft.rfftfreq(PICTURE_FRAME_SAMPLES, 1 / MODEL_RATE_HZ)  # (513,)
    filters = mel_triangles(bins_hz, PICTURE_LOWEST_HZ, PICTURE_HIGHEST_HZ, PICTURE_BANDS).T  # (96, 513)
    # Low bands are narrower than a bin: they take the nearest one.
    rows = np.arange(PICTURE_BANDS)
    nearest = np.abs(band_of_hz(bins_hz) - rows[:, np.newaxis]).argmin(axis=1)
    filters[rows, nearest] = np.maximum(filters[rows, nearest], 0.5)
    return filters.astype(np.float32)
