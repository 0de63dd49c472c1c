"""Samples of any kind as int16."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FULL_SCALE = 32_768  # int16 / FULL_SCALE lies in [-1, 1)


def int16_from_float(frames: npt.NDArray[np.float32], out: npt.NDArray[np.int16]) -> int:
    """Writes `frames` as int16 to `out`: times 32 768, rounded to the nearest (ties to even), clipped to [-1, 1).

    What lies outside becomes -32 768 or 32 767, infinities too: nothing wraps around. What is no number becomes 0.
    Values that were int16 or shorter come out as they were; 24 and 32 bits are rounded.

    Args:
        frames: shape (samples, channels), float32; overwritten on the way.
        out: of the same shape, int16.

    Returns:
        How many values lay beyond full scale or were no numbers. 1.0 itself is full scale.
    """
    faulty = int(np.count_nonzero(~(np.abs(frames) <= 1.0)))
    if faulty:
        np.nan_to_num(frames, copy=False)
    np.clip(frames, -1.0, 1.0, out=frames)
    np.multiply(frames, FULL_SCALE, out=frames)
    np.rint(frames, out=frames)
    np.minimum(frames, FULL_SCALE - 1, out=frames)
    out[:] = frames
    return faulty


def int16_from_int32(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int16]:
    """The upper 16 bits, rounded to the nearest (halves up), of any shape; full scale stays full scale.

    What was captured with 16 bits comes out as it was; 24 and 32 bits are rounded, not cut off.
    """
    rounded: npt.NDArray[np.int32] = ((values >> 15) + 1) >> 1
    full: npt.NDArray[np.int16] = np.minimum(rounded, FULL_SCALE - 1, out=rounded).astype(np.int16)
    return full
