"""The loudness of sound: RMS levels in decibels relative to full scale (dBFS)."""

import math

import numpy as np

from tears.audio.constants import FULL_SCALE, SILENCE_DBFS
from tears.audio.errors import AudioFormatError
from tears.audio.format import SampleArray, has_samples


def level_dbfs(samples: SampleArray) -> float:
    """Return the RMS level in dBFS, from 0 to -120. Digital silence and all lower levels are -120.

    Full scale is the largest magnitude that int16 holds: its square wave has 0 dBFS, its sine -3.01 dBFS. A constant
    offset of the microphone counts as sound. The sum of up to 8 388 608 squares is a whole number that float64 holds
    exactly, so the level of a window does not depend on the machine.

    Args:
        samples: int16, or float64 of the same scale; any shape, at least one sample.

    Raises:
        AudioFormatError: There are no samples, or they are neither int16 nor float64.
    """
    if not has_samples(samples):
        raise AudioFormatError(
            f"A level takes at least one sample, int16 or float64, not {samples.size} of {samples.dtype}"
        )
    squares = samples.astype(np.float64)
    # Not a dot product: BLAS would use every core and wait for the busy ones.
    np.square(squares, out=squares)
    mean_square = float(squares.sum()) / squares.size
    if not mean_square:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 10 * math.log10(mean_square / FULL_SCALE**2))
