"""The window that models are measured on: noise, the same each time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

WINDOW_SAMPLES: Final = 110_250  # 5 s at 22.05 kHz


def window(dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Shape (1, 110 250); int16, or float32 in [-1, 1)."""
    samples = np.random.default_rng(7).normal(0, 3000, (1, WINDOW_SAMPLES)).clip(-32768, 32767).astype(np.int16)
    return samples if dtype == np.int16 else (samples / np.float32(32768)).astype(dtype)
