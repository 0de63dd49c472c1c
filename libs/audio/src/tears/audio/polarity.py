"""Find channels in opposite phase: the sound of one is the sound of another turned upside down.

A plug with two wires exchanged does this, and a balanced microphone that is recorded as stereo. The mean of such
channels is silence.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# The mean of so many frames in a row is compared. It keeps hiss above the voices out of the comparison.
_BLOCK_FRAMES: Final = 4
# From so few blocks nobody can tell chance from phase.
_FEWEST_BLOCKS: Final = 64
# A channel is turned if it cancels more than this share of its own power in the mix. Independent noise stays below.
_CANCELLED_SHARE: Final = 0.1


def channel_signs(frames: NDArray[Any]) -> list[int]:
    """Return 1 or -1 for each channel: the signs with which the channels do not cancel each other.

    The channels join the mix one by one, the loudest first, and each is turned if it would cancel what it shares with
    the mix. What counts is the difference from one block of 4 frames to the next, in which an offset is nothing, hum
    is little, and voices are most.

    Args:
        frames: int16 or float64, (n, channels), at least one channel. Fewer than 256 frames have no phase: all signs
            are 1.
    """
    channels = int(frames.shape[1])
    blocks = len(frames) // _BLOCK_FRAMES
    if channels == 1 or blocks < _FEWEST_BLOCKS:
        return [1] * channels
    # Frame by frame: a sum over the short last axis takes ten times as long.
    whole = frames[: blocks * _BLOCK_FRAMES]
    sums = np.zeros((blocks, channels))
    for start in range(_BLOCK_FRAMES):
        sums += whole[start::_BLOCK_FRAMES]
    steps = np.diff(sums, axis=0)  # (blocks - 1, channels)
    powers = np.square(steps).sum(axis=0)
    signs = [1] * channels
    first, *others = np.argsort(-powers, kind="stable")
    mix = steps[:, first].copy()
    for channel in others:
        # Not a dot product: BLAS would use every core and wait for the busy ones.
        shared = float((mix * steps[:, channel]).sum())
        if shared < -_CANCELLED_SHARE * powers[channel]:
            signs[channel] = -1
        mix += signs[channel] * steps[:, channel]
    return signs
