"""How loud: RMS levels in decibels re full scale."""

import math

import numpy as np

from tears.audio.errors import AudioFormatError
from tears.audio.format import FULL_SCALE, Int16Array

SILENCE_DBFS = -120.0


def level_dbfs(samples: Int16Array) -> float:
    """The RMS level of samples, re the largest magnitude that int16 holds.

    The convention: a square wave of full scale has 0 dBFS, a sine of full scale -3.01 dBFS. An offset of the
    microphone counts as sound. Up to 8 388 608 samples the sum of squares is a whole number that float64 holds exactly,
    so the level of a window does not depend on the machine.

    Args:
        samples: int16, any shape, at least one sample.

    Returns:
        dBFS, in [-120, 0]; -120 stands for digital silence and for anything below.

    Raises:
        AudioFormatError: There are no samples, or they are not int16.
    """
    if samples.dtype != np.int16 or not samples.size:
        raise AudioFormatError(f"A level takes at least one int16 sample, not {samples.size} of {samples.dtype}")
    squares = samples.astype(np.float64)
    # Not a dot product: BLAS would spread it over every core and wait for those that are busy.
    np.square(squares, out=squares)
    mean_square = float(squares.sum()) / squares.size
    if not mean_square:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 10 * math.log10(mean_square / FULL_SCALE**2))
