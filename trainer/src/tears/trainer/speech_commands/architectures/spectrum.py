"""Compute power spectra and mel weights, with operations that are built into TFLite. Needs TensorFlow."""

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.audio.mel import mel_triangles
from tears.trainer.errors import ArchitectureError
from tears.trainer.frontend import periodic_hann
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings


def power_spectrum(waveform: Any, settings: ArchitectureSettings) -> Any:
    """Return the squared Fourier transforms of overlapping frames under a periodic Hann window.

    Frames are put together from blocks of one stride each: gathering them by index would store an index for every
    sample of every frame in the model's file. The waveform is float32 [n, clip_samples], the result float32 [n, frames,
    bins].
    """
    frames, stride, window = settings.frames, settings.stride_samples, settings.window_samples
    blocks_a_frame = -(-window // stride)
    blocks = frames - 1 + blocks_a_frame
    missing = max(0, blocks * stride - settings.clip_samples)
    padded = tf.pad(waveform, ((0, 0), (0, missing)))[:, : blocks * stride]
    split = tf.reshape(padded, (-1, blocks, stride))  # [n, blocks, stride]
    framed = tf.concat([split[:, k : k + frames] for k in range(blocks_a_frame)], axis=2)[:, :, :window]
    spectrum = tf.signal.rfft(framed * tf.constant(periodic_hann(window)), [settings.fft_samples])
    return tf.square(tf.math.real(spectrum)) + tf.square(tf.math.imag(spectrum))


def project(weights: npt.NDArray[np.float32], values: Any) -> Any:
    """Return the product of fixed weights and each frame's values, with the frames last.

    The weights are on the left because the converter turns constants on the right into eight bits when it quantizes. A
    network tolerates that; a front end, whose loudest value is a million times its quietest, does not.

    Weights are [values, results], values [n, frames, values], and the product is [n, results, frames], all float32.
    """
    return tf.matmul(tf.constant(weights.T[np.newaxis]), values, transpose_b=True)


def mel_weights(settings: ArchitectureSettings, bands: int, lower_hz: float) -> npt.NDArray[np.float32]:
    """Return triangles, [bins, bands], evenly spaced in mel between the limits, that sum bins into bands.

    Each triangle rises from its neighbour's peak. The bin next to the lower limit is left out, as in the original,
    which follows HTK; 0 Hz is always left out.

    Raises:
        ArchitectureError: The upper limit is too low, or a band is so narrow that it would contain no bin.
    """
    if settings.upper_hz <= lower_hz:
        raise ArchitectureError(
            f"upper_frequency_hz is {settings.upper_hz:g}; {settings.preprocess} begins at {lower_hz:g} Hz, "
            "and the limit must be above that"
        )
    bin_hz = settings.sample_rate_hz / settings.fft_samples
    weights = mel_triangles(np.arange(settings.bins) * bin_hz, lower_hz, settings.upper_hz, bands)  # [bins, bands]
    weights[: int(1.5 + lower_hz / bin_hz)] = 0.0
    empty = np.flatnonzero(weights.sum(axis=0) == 0)
    if len(empty):
        raise ArchitectureError(
            f"{len(empty)} of {bands} mel bands would be empty: bins of {bin_hz:.1f} Hz are too wide for them; "
            "lower feature_bin_count, or raise window_size_ms or upper_frequency_hz"
        )
    return weights.astype(np.float32)
