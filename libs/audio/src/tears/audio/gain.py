"""The gain: amplify as `sox vol` does (multiply, clip, then resample), and find the automatic gain."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tears.audio.constants import FULL_SCALE, LARGEST_SAMPLE
from tears.audio.errors import AudioFormatError, GainError
from tears.audio.format import SampleArray, has_samples

MAX_GAIN_DB = 45.0
# Automatic gain lets 1 sample in 1 000 clip, so that one click does not keep a whole window quiet.
SAMPLES_PER_CLIPPED_SAMPLE = 1_000
# Fewer than SAMPLES_PER_CLIPPED_SAMPLE, so that there are more blocks than samples to leave out.
_BLOCK_SAMPLES = 256

# sox computes in 32 bits, of which our samples fill the upper 16. So its largest value is full scale minus 2 ** -16.
_HIGHEST_AMPLITUDE = FULL_SCALE - 2.0**-16


def amplitude(db: float) -> float:
    """Return the factor of a gain in decibels."""
    return float(10.0 ** (db / 20.0))


def auto_gain_db(mono: SampleArray) -> float:
    """Return the largest gain that clips at most 0.1 % of the samples: a pure function of the window.

    Of n samples, the n // 1 000 of greatest magnitude may clip. The gain brings the `loudest_magnitude` to 32 767, the
    largest sample: with 0.001 dB more, too many samples would clip, as `apply_gain` counts them.

    Args:
        mono: int16 or float64 of the same scale, (n,), before any gain and at its native rate; n at least 1.

    Returns:
        dB, in [0, 45]; 45 for digital silence.

    Raises:
        AudioFormatError: There are no samples, or they are not int16 or float64 of one axis.
    """
    return gain_to_full_scale_db(loudest_magnitude(mono))


def gain_to_full_scale_db(loudest: float) -> float:
    """Return the gain, 0 to 45 dB, that brings a `loudest_magnitude` nearest to 32 767."""
    if not loudest:
        return MAX_GAIN_DB
    return min(MAX_GAIN_DB, max(0.0, 20 * math.log10(LARGEST_SAMPLE / loudest)))


def loudest_magnitude(mono: SampleArray) -> float:
    """Return the greatest magnitude that is left without the n // 1 000 greatest of n samples.

    Args:
        mono: int16 or float64 of the same scale, (n,), n at least 1.

    Raises:
        AudioFormatError: There are no samples, or they are not int16 or float64 of one axis.
    """
    _require_mono(mono)
    # abs leaves -32 768 unchanged; read as uint16, the same bits mean 32 768.
    magnitudes = np.abs(mono).view(np.uint16) if mono.dtype == np.int16 else np.abs(mono)
    left_out = mono.size // SAMPLES_PER_CLIPPED_SAMPLE
    # As many blocks as that, and one more, have a sample of at least `floor`, so the one sought is in one of these.
    # Only few samples are left to be sorted, which takes a twelfth of the time.
    whole = mono.size // _BLOCK_SAMPLES * _BLOCK_SAMPLES
    blocks = magnitudes[:whole].reshape(-1, _BLOCK_SAMPLES)
    if len(blocks) > left_out:
        peaks = blocks.max(axis=1)
        floor = _largest_but(peaks, left_out)
        magnitudes = np.concatenate((blocks[peaks >= floor].reshape(-1), magnitudes[whole:]))
        magnitudes = magnitudes[magnitudes >= floor]
    return float(_largest_but(magnitudes, left_out))


def _largest_but(values: NDArray[Any], left_out: int) -> Any:
    """Return the largest of more than `left_out` values without the `left_out` largest ones."""
    rank = values.size - 1 - left_out
    return np.partition(values, rank)[rank]


def apply_gain(
    samples: SampleArray, gain_db: float, dtype: type[np.floating[Any]] = np.float64
) -> tuple[NDArray[np.floating[Any]], int]:
    """Amplify as `sox .. vol GAIN dB` does, which rounds to 16 bits only when it writes.

    Each sample becomes sample * 10 ** (gain_db / 20). A sample that would lie outside of full scale, [-32 768, 32 768),
    clips: it becomes the nearest value inside and is counted.

    Args:
        samples: int16 or float64 of the same scale, (n,).
        gain_db: Finite; negative attenuates.
        dtype: The product is rounded to it. In float32 the nearest value inside is 32 768.

    Returns:
        `dtype`, (n,), in [-32 768, 32 768), the scale of int16, ready to be resampled; and how many samples clipped.

    Raises:
        AudioFormatError: There are no samples, or they are not int16 or float64 of one axis.
        GainError: The gain is not finite.
    """
    _require_mono(samples)
    if not math.isfinite(gain_db):
        raise GainError(f"A gain is a finite number of decibels, not {gain_db}")
    factor = np.float64(amplitude(gain_db))
    # Straight into the result: each pass over a window costs more than the multiplication itself.
    amplified = np.multiply(samples, factor, out=np.empty(samples.shape, dtype), casting="same_kind")
    np.clip(amplified, dtype(-FULL_SCALE), dtype(_HIGHEST_AMPLITUDE), out=amplified)
    return amplified, _count_clipped(samples, factor)


def _count_clipped(samples: SampleArray, factor: np.float64) -> int:
    """Return how many samples lie outside of full scale once they are multiplied by `factor`."""
    if not factor:
        return 0
    highest, lowest = float(_HIGHEST_AMPLITUDE / factor), float(-FULL_SCALE / factor)
    if samples.dtype == np.int16:
        # numpy compares int16 with whole numbers in int16, and with others in float64, which takes five times as long.
        highest, lowest = math.floor(min(highest, LARGEST_SAMPLE)), math.ceil(max(lowest, -FULL_SCALE))
    return int(np.count_nonzero(samples > highest) + np.count_nonzero(samples < lowest))


def _require_mono(samples: SampleArray) -> None:
    if not has_samples(samples) or samples.ndim != 1:
        raise AudioFormatError(
            f"Gain takes int16 or float64 samples of one channel, not {samples.dtype} of {samples.shape}"
        )
