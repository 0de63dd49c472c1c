"""What the pipeline calls sound: int16 samples, and the exact shape that the model takes."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tears.audio.constants import (
    BYTES_PER_SAMPLE,
    FULL_SCALE,
    HIGHEST_RATE_HZ,
    LOWEST_RATE_HZ,
    WINDOW_SAMPLES,
)
from tears.audio.errors import AudioFormatError

Int16Array: TypeAlias = NDArray[np.int16]
# The same scale, [-32 768, 32 768), with fractions: what a file of 24 bits or of floats holds beyond 16 bits.
SampleArray: TypeAlias = Int16Array | NDArray[np.float64]

_PCM_DTYPE = np.dtype("<i2")


def frames_from_pcm(pcm: bytes, channels: int) -> Int16Array:
    """Reads interleaved PCM.

    Args:
        pcm: int16, little endian, channels interleaved.
        channels: At least 1.

    Returns:
        int16, (frames, channels). A view of `pcm`, hence read-only.

    Raises:
        AudioFormatError: The bytes are no whole number of frames, or `channels` is below 1.
    """
    if channels < 1:
        raise AudioFormatError(f"Sound has at least 1 channel, not {channels}")
    frame_bytes = channels * BYTES_PER_SAMPLE
    if len(pcm) % frame_bytes:
        raise AudioFormatError(
            f"{len(pcm)} bytes of PCM are no whole number of frames: a frame of {channels} channel(s) of int16 has "
            f"{frame_bytes} bytes, and {len(pcm) % frame_bytes} are left over"
        )
    frames: Int16Array = np.frombuffer(pcm, dtype=_PCM_DTYPE).reshape(-1, channels)
    return frames


def pcm_from_samples(samples: Int16Array) -> bytes:
    """Writes samples as PCM, the reverse of `frames_from_pcm`.

    Args:
        samples: int16, (n,) or (frames, channels).

    Returns:
        int16, little endian, channels interleaved.
    """
    return samples.astype(_PCM_DTYPE, copy=False).tobytes()


def int16_from_float(samples: NDArray[np.float64]) -> Int16Array:
    """What a file reader gives as floats, as int16 of the same shape: scaled by 32 768, rounded, clipped.

    Samples that were int16 or shorter come out as they were. A reader that is asked for int16 does not scale float
    files: it makes silence of them. What is no number becomes 0.
    """
    scaled = np.rint(np.nan_to_num(samples) * FULL_SCALE)
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def to_mono(frames: Int16Array) -> Int16Array:
    """Mixes all channels into one: their mean, rounded half up, which cannot clip.

    Args:
        frames: int16, (n, channels).

    Returns:
        int16, (n,). One channel is returned as a view of `frames`, not as a copy.

    Raises:
        AudioFormatError: `frames` is not (n, channels) with at least one channel.
    """
    if frames.ndim != 2 or frames.shape[1] < 1:  # noqa: PLR2004 - frames and channels: two axes
        raise AudioFormatError(f"Frames have the shape (n, channels), not {frames.shape}")
    channels = frames.shape[1]
    if channels == 1:
        only: Int16Array = frames[:, 0]
        return only
    # Column by column: a sum over the short last axis takes ten times as long.
    total = frames[:, 0].astype(np.int32)
    for channel in range(1, channels):
        total += frames[:, channel]
    # floor(total / channels + 1/2) in whole numbers.
    mean: Int16Array = ((2 * total + channels) // (2 * channels)).astype(np.int16)
    return mean


def has_samples(samples: SampleArray) -> bool:
    """Whether it is int16, or float64 of the same scale, and not empty."""
    return samples.dtype in {np.dtype(np.int16), np.dtype(np.float64)} and samples.size > 0


def to_model_input(samples: Int16Array) -> NDArray[np.float32]:
    """Scales a window to what the model's signature takes.

    Args:
        samples: int16, (110 250,).

    Returns:
        float32, (110 250,), in [-1, 1): int16 / 32 768, which is exact.

    Raises:
        AudioFormatError: Another dtype or number of samples.
    """
    if samples.dtype != np.int16 or samples.shape != (WINDOW_SAMPLES,):
        raise AudioFormatError(
            f"The model takes int16 samples of the shape ({WINDOW_SAMPLES},), not {samples.dtype} of {samples.shape}"
        )
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def require_rate(rate_hz: int) -> None:
    """Refuses a sample rate that no microphone has.

    Raises:
        AudioFormatError: Below 4 000 or above 384 000 Hz.
    """
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise AudioFormatError(f"A sample rate of {rate_hz} Hz lies outside {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz")
