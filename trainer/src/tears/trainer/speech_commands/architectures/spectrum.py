"""Waveform to power spectrum and on to mel bands, with operations that TFLite has built in. Needs TensorFlow."""

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.audio.mel import mel_triangles
from tears.trainer.errors import SettingsError
from tears.trainer.frontend import periodic_hann
from tears.trainer.speech_commands.architectures.settings import ModelSettings


def power_spectrum(waveform: Any, settings: ModelSettings) -> Any:
    """Squared magnitudes of the Fourier transforms of overlapping frames under a periodic Hann window.

    Frames are put together from blocks of one stride each: to gather them by index would carry an index for every
    sample of every frame into the model's file.

    Args:
        waveform: float32 of shape [n, clip_samples], in [-1, 1).
        settings: Frame, stride and clip.

    Returns:
        float32 of shape [n, frames, bins].
    """
    frames, stride, window = settings.frames, settings.stride_samples, settings.window_samples
    blocks_a_frame = -(-window // stride)
    blocks = frames - 1 + blocks_a_frame
    lacking = max(0, blocks * stride - settings.clip_samples)
    padded = tf.pad(waveform, ((0, 0), (0, lacking)))[:, : blocks * stride]
    split = tf.reshape(padded, (-1, blocks, stride))  # [n, blocks, stride]
    framed = tf.concat([split[:, k : k + frames] for k in range(blocks_a_frame)], axis=2)[:, :, :window]
    spectrum = tf.signal.rfft(framed * tf.constant(periodic_hann(window)), [settings.fft_samples])
    return tf.square(tf.math.real(spectrum)) + tf.square(tf.math.imag(spectrum))


def project(weights: npt.NDArray[np.float32], values: Any) -> Any:
    """The product of fixed weights and each frame's values, with the frames last.

    The weights stand on the left because the converter puts constants on the right into eight bits when it quantizes.
    A network bears that; a front end, whose loudest value is a million times its quietest, does not.

    Args:
        weights: float32 of shape [values, results].
        values: float32 of shape [n, frames, values].

    Returns:
        float32 of shape [n, results, frames].
    """
    return tf.matmul(tf.constant(weights.T[np.newaxis]), values, transpose_b=True)


def mel_weights(settings: ModelSettings, bands: int, lower_hz: float) -> npt.NDArray[np.float32]:
    """Triangles evenly spaced in mel from the lower to the upper limit, each rising from its neighbour's peak.

    The first bin above the lower limit is left out, as the original does after HTK; so is 0 Hz in any case.

    Returns:
        float32 of shape [bins, bands].

    Raises:
        SettingsError: The bins are so wide, or the bands so narrow, that a band would hear nothing at all.
    """
    if settings.upper_hz <= lower_hz:
        raise SettingsError(
            f"upper_frequency_hz is {settings.upper_hz:g}; {settings.preprocess} begins at {lower_hz:g} Hz, "
            "and the limit must be above that"
        )
    bin_hz = settings.sample_rate_hz / settings.fft_samples
    weights = mel_triangles(np.arange(settings.bins) * bin_hz, lower_hz, settings.upper_hz, bands)  # [bins, bands]
    weights[: int(1.5 + lower_hz / bin_hz)] = 0.0
    deaf = np.flatnonzero(weights.sum(axis=0) == 0)
    if len(deaf):
        raise SettingsError(
            f"{len(deaf)} of {bands} mel bands would hear nothing: bins of {bin_hz:.1f} Hz are too wide for them; "
            "lower feature_bin_count, or raise window_size_ms or upper_frequency_hz"
        )
    return weights.astype(np.float32)
