"""Sound as the pipeline holds it: int16 samples in memory, PCM bytes in messages, floats for the model."""

from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tears.audio.constants import (
    BYTES_PER_SAMPLE,
    FULL_SCALE,
    HIGHEST_RATE_HZ,
    LARGEST_SAMPLE,
    LOWEST_RATE_HZ,
)
from tears.audio.errors import AudioFormatError
from tears.audio.polarity import channel_signs

Int16Array: TypeAlias = NDArray[np.int16]
# The same scale, [-32 768, 32 768), with fractions: what a file of 24 bits or of floats holds beyond 16 bits.
SampleArray: TypeAlias = Int16Array | NDArray[np.float64]
_Samples = TypeVar("_Samples", Int16Array, NDArray[np.float64])
# float32 in [-1, 1): the scale of the model's input.
Signal: TypeAlias = NDArray[np.float32]

_PCM_DTYPE = np.dtype("<i2")


def frames_from_pcm(pcm: bytes, channels: int) -> Int16Array:
    """Return interleaved, little-endian int16 PCM as int16 (frames, channels): a read-only view of `pcm`.

    Raises:
        AudioFormatError: The bytes are not a whole number of frames, or `channels` is below 1.
    """
    if channels < 1:
        raise AudioFormatError(f"Sound has at least 1 channel, not {channels}")
    frame_bytes = channels * BYTES_PER_SAMPLE
    if len(pcm) % frame_bytes:
        raise AudioFormatError(
            f"{len(pcm)} bytes of PCM are not a whole number of frames: a frame of {channels} channel(s) of int16 has "
            f"{frame_bytes} bytes, and {len(pcm) % frame_bytes} are left over"
        )
    return np.frombuffer(pcm, dtype=_PCM_DTYPE).reshape(-1, channels)


def pcm_from_samples(samples: Int16Array) -> bytes:
    """Write samples, (n,) or (frames, channels), as little-endian PCM: the reverse of `frames_from_pcm`."""
    return samples.astype(_PCM_DTYPE, copy=False).tobytes()


def write_int16(samples: NDArray[np.floating[Any]], out: Int16Array) -> int:
    """Write `samples` to `out` as int16: times 32 768, rounded to the nearest (ties to even), clipped to [-1, 1).

    Values outside, also infinities, become -32 768 or 32 767 and never wrap around. NaN becomes 0. Values that were
    int16 or shorter come out unchanged; 24 and 32 bits are rounded.

    Args:
        samples: float32 or float64, any shape; this function uses it as scratch memory.
        out: int16, the same shape.

    Returns:
        How many values were beyond full scale or NaN. 1.0 is full scale, not beyond it.
    """
    faulty = int(np.count_nonzero(~(np.abs(samples) <= 1.0)))
    if faulty:
        np.nan_to_num(samples, copy=False)
    np.clip(samples, -1.0, 1.0, out=samples)
    np.multiply(samples, FULL_SCALE, out=samples)
    np.rint(samples, out=samples)
    np.minimum(samples, LARGEST_SAMPLE, out=samples)
    out[...] = samples
    return faulty


def int16_from_float(samples: NDArray[np.floating[Any]]) -> Int16Array:
    """Return the floats of a file reader as int16 of the same shape; see `write_int16` for the rounding.

    Read files as floats and convert them here: a reader that is asked for int16 does not scale the samples of a float
    file, so that they become silence.
    """
    out = np.empty(samples.shape, np.int16)
    write_int16(samples.copy(), out)
    return out


def int16_from_int32(samples: NDArray[np.int32]) -> Int16Array:
    """Return the upper 16 bits, rounded to the nearest (halves up), in the same shape; full scale stays full scale.

    Sound that was captured with 16 bits comes out unchanged; 24 and 32 bits are rounded, not cut off.
    """
    rounded: NDArray[np.int32] = ((samples >> 15) + 1) >> 1
    return np.minimum(rounded, LARGEST_SAMPLE, out=rounded).astype(np.int16)


def float_from_int16(samples: Int16Array) -> Signal:
    """Return the samples at the scale of the model's input: int16 / 32 768, which is exact, in the same shape."""
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def to_mono(frames: _Samples) -> _Samples:
    """Mix the channels of (n, channels) into (n,): their mean, of int16 rounded half up, which cannot clip.

    Channels in opposite phase are turned before, or they would cancel each other: see `channel_signs`. So mix a whole
    window at once and not its pieces. One channel is returned as a view of `frames`, not as a copy.

    Args:
        frames: int16, or float64 of the same scale; the mix has the same type.

    Raises:
        AudioFormatError: `frames` is not (n, channels) with at least one channel.
    """
    if frames.ndim != 2 or frames.shape[1] < 1:  # noqa: PLR2004 - frames and channels: two axes
        raise AudioFormatError(f"Frames have the shape (n, channels), not {frames.shape}")
    channels = frames.shape[1]
    if channels == 1:
        return frames[:, 0]
    # Column by column: a sum over the short last axis takes ten times as long.
    wide = frames.astype(np.int32 if frames.dtype == np.int16 else np.float64)
    total = np.zeros_like(wide[:, 0])
    for channel, sign in enumerate(channel_signs(frames)):
        total += sign * wide[:, channel]
    if frames.dtype == np.int16:
        # floor(total / channels + 1/2) in whole numbers. -32 768 that was turned is beyond the largest sample.
        rounded = (2 * total + channels) // (2 * channels)
        mean: _Samples = np.minimum(rounded, LARGEST_SAMPLE).astype(np.int16)
    else:
        mean = total / channels
    return mean


def has_samples(samples: SampleArray) -> bool:
    """Return whether `samples` is int16, or float64 of the same scale, and not empty."""
    return samples.dtype in {np.dtype(np.int16), np.dtype(np.float64)} and samples.size > 0


def require_rate(rate_hz: int) -> None:
    """Raise AudioFormatError for a sample rate below 4 000 or above 384 000 Hz, which no microphone has."""
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise AudioFormatError(f"A sample rate of {rate_hz} Hz lies outside {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz")
