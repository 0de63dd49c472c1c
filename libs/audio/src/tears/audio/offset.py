"""Remove a microphone's offset: what lies below hearing, and takes the room that a gain needs."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tears.audio.constants import FULL_SCALE
from tears.audio.format import SampleArray, require_rate
from tears.audio.gain import amplitude, loudest_magnitude

# An offset is removed if it takes more than this share of the loudest sample, or of full scale after the gain. A
# smaller one costs less than 1 dB, and sound of a good microphone stays the same to the bit.
TOLERATED_SHARE: Final = 0.1
# And only if it lasts for more than this share of the sound: a thump is no offset.
LASTING_SHARE: Final = 0.2

# The offset may wander, or jump when a plug is pushed in, so it is the mean of short blocks, smoothed over half a
# second. Voices and even hum, which is above 50 Hz, have no part in such a mean.
_BLOCKS_PER_SECOND: Final = 100
_SMOOTHED_BLOCKS: Final = 25


def without_offset(mono: SampleArray, rate_hz: int, gain_db: float | None, loudest: float | None = None) -> SampleArray:
    """Return the sound without its offset if that is large; else return `mono` itself: a pure function.

    An offset of 2 % of full scale cannot be heard. But amplified by 45 dB it is three and a half times full scale, so
    all samples clip; and automatic gain, which keeps it below full scale, cannot amplify the voice beside it. What is
    removed is the mean over about half a second, so an offset that drifts or jumps goes as well. From 8 Hz on, sound
    stays as it is within 2 %.

    Args:
        mono: int16 or float64 of the same scale, (n,), n at least 1; never written to.
        rate_hz: The rate of `mono`, 4 000 to 384 000.
        gain_db: The fixed gain that follows; None if it is the automatic one.
        loudest: The `loudest_magnitude` of `mono`, if the caller has it already.

    Returns:
        `mono` itself, or float64, (n,), which may exceed the scale of int16 by as much as the offset was.

    Raises:
        AudioFormatError: There are no samples, they are not int16 or float64 of one axis, or the rate is outside of
            the range.
    """
    require_rate(rate_hz)
    loudest = loudest_magnitude(mono) if loudest is None else loudest
    tolerated = TOLERATED_SHARE * loudest
    if gain_db is not None:
        tolerated = min(tolerated, TOLERATED_SHARE * FULL_SCALE * amplitude(-max(gain_db, 0.0)))
    block_samples = rate_hz // _BLOCKS_PER_SECOND
    starts = np.arange(0, mono.size, block_samples)  # (blocks,)
    ends = np.minimum(starts + block_samples, mono.size)
    # Of int16, even a block at the highest rate has a sum of 27 bits, and int32 takes a third of the time.
    sums = np.add.reduceat(mono, starts, dtype=np.int32 if mono.dtype == np.int16 else np.float64)
    offsets = _smoothed(sums, ends - starts)
    magnitudes = np.abs(offsets)
    # The quantile takes longer than the largest one, which already answers for nearly all sound.
    if magnitudes.max() <= tolerated or np.quantile(magnitudes, 1.0 - LASTING_SHARE) <= tolerated:
        return mono
    middles = (starts + ends - 1) / 2
    return mono - np.interp(np.arange(mono.size), middles, offsets)


def _smoothed(sums: NDArray[Any], samples: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return the mean around each block, weighted by a triangle; near the ends, of the blocks that there are.

    Args:
        sums: (blocks,), the sum of each block's samples.
        samples: (blocks,), how many samples each has.
    """
    reach = min(_SMOOTHED_BLOCKS, sums.size)
    triangle = 1.0 - np.abs(np.arange(1 - reach, reach)) / reach  # (2 * reach - 1,)
    middle = slice(reach - 1, reach - 1 + sums.size)
    weighted: NDArray[np.float64] = np.convolve(sums, triangle)[middle] / np.convolve(samples, triangle)[middle]
    return weighted
