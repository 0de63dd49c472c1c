"""Resampling from a microphone's rate to the model's."""

from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from tears.audio.constants import FULL_SCALE, LARGEST_SAMPLE, MODEL_RATE_HZ
from tears.audio.errors import AudioFormatError
from tears.audio.format import Int16Array, require_rate

# The quality that is nearest to `sox rate`; VHQ and the polyphase filters of other libraries are far off.
_QUALITY = "HQ"


def resample(samples: NDArray[Any], rate_hz: int) -> Int16Array:
    """Resample one channel to 22 050 Hz: int16, (n * 22 050 / rate_hz,) rounded half up; exactly 110 250 for 5 s.

    The values are rounded half up and clipped, because a resampler overshoots at the corners of clipped sound. Sound
    that has 22 050 Hz already is only rounded and clipped.

    Args:
        samples: (n,), int16 or float of the same scale, [-32 768, 32 768); never written to.
        rate_hz: The rate of `samples`, 4 000 to 384 000.

    Raises:
        AudioFormatError: More than one axis, or a rate outside the range.
    """
    require_rate(rate_hz)
    if samples.ndim != 1:
        raise AudioFormatError(f"One channel is resampled at a time: the shape is (n,), not {samples.shape}")
    expected = (2 * samples.size * MODEL_RATE_HZ + rate_hz) // (2 * rate_hz)
    # float32 is as near to sox as float64 is. With int16 the resampler would add dither.
    if rate_hz == MODEL_RATE_HZ:
        resampled = samples.astype(np.float32)
    else:
        resampled = soxr.resample(samples.astype(np.float32, copy=False), rate_hz, MODEL_RATE_HZ, quality=_QUALITY)
    if resampled.size != expected:
        # The resampler may round half a sample in the other direction.
        resampled = np.pad(resampled[:expected], (0, max(0, expected - resampled.size)))
    resampled += np.float32(0.5)
    np.floor(resampled, out=resampled)
    np.clip(resampled, -FULL_SCALE, LARGEST_SAMPLE, out=resampled)
    return resampled.astype(np.int16)
