"""The window that models are measured on: noise, the same each time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tears.audio.constants import FULL_SCALE, LARGEST_SAMPLE, WINDOW_SAMPLES


def noise_window(dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return noise of shape (1, 110 250): int16, or float32 in [-1, 1)."""
    noise = np.random.default_rng(7).normal(0, 3000, (1, WINDOW_SAMPLES))
    samples = noise.clip(-FULL_SCALE, LARGEST_SAMPLE).astype(np.int16)
    return samples if dtype == np.int16 else (samples / np.float32(FULL_SCALE)).astype(dtype)
