"""`nursery`: the shipped model's network and front end, for any set of labels. Needs TensorFlow."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES, WINDOW_SECONDS
from tears.trainer.errors import ArchitectureError
from tears.trainer.frontend import (
    FRONTEND_BANDS,
    FRONTEND_FRAME_SAMPLES,
    FRONTEND_FRAMES,
    FRONTEND_HOP_SAMPLES,
    POWER_FLOOR,
    mel_weights,
    periodic_hann,
)
from tears.trainer.speech_commands.architectures.fourier_matrices import FIRST_ROWS, bin_of, first_step, later_steps
from tears.trainer.speech_commands.architectures.nursery_network import build_network
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings

# The rows of all frames take a megabyte in each of several steps, and an interpreter keeps that memory.
FRAMES_AT_ONCE: Final = 54  # of 214: a quarter


@tf.keras.utils.register_keras_serializable("tears")
class LogMel(tf.keras.layers.Layer):  # type: ignore[misc]
    """`frontend.log_mel` as a layer, with operations that are built into TFLite; nothing in it is trained.

    The constants are on the left of each product because the converter turns constants on the right into eight bits
    when it quantizes. A network tolerates that; a front end, whose loudest value is a million times its quietest, does
    not. So samples and frequencies are the rows here, and windows and frames the columns.
    """

    def call(self, waveform: Any) -> Any:
        """Return the spectrograms: float32 [n, 110 250] to float32 [n, 214, 64]."""
        count = FRONTEND_FRAMES + 1
        blocks = tf.reshape(waveform[:, : count * FRONTEND_HOP_SAMPLES], (-1, count, FRONTEND_HOP_SAMPLES))
        blocks = tf.transpose(blocks, (2, 0, 1))  # [512, n, 215]
        # A frame consists of two blocks, and a block is the first half of one frame and the second half of another.
        rising = periodic_hann(FRONTEND_FRAME_SAMPLES)[:FRONTEND_HOP_SAMPLES, np.newaxis, np.newaxis]
        first, second = blocks * rising, blocks * (1 - rising)
        bands = []
        for start in range(0, FRONTEND_FRAMES, FRAMES_AT_ONCE):
            end = min(start + FRAMES_AT_ONCE, FRONTEND_FRAMES)
            bands.append(_bands(first[:, :, start:end], second[:, :, start + 1 : end + 1], end - start))
        return tf.transpose(tf.math.log(tf.concat(bands, axis=2) + POWER_FLOOR), (1, 2, 0))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the spectrograms without computing one."""
        return (input_shape[0], FRONTEND_FRAMES, FRONTEND_BANDS)


def _bands(first: Any, second: Any, frames: int) -> Any:
    """Return the power in bands of frames whose halves are given: float32 [512, n, frames] each to [64, n, frames]."""
    of_sum, of_difference, _ = first_step()
    sums = tf.reshape(first + second, (1, FIRST_ROWS, -1))  # [1, 8, 64 * n * frames]
    differences = tf.reshape(first - second, (1, FIRST_ROWS, -1))
    rows = tf.concat([tf.matmul(of_sum[np.newaxis], sums), tf.matmul(of_difference[np.newaxis], differences)], axis=1)
    steps = later_steps()
    for step in steps:
        pairs, _, size = step.matrices.shape
        rows = tf.matmul(step.matrices, tf.reshape(rows, (pairs, size, -1)))
    bins = np.reshape([bin_of(residue) for residue in steps[-1].residues], (pairs, size // 2))
    squares = tf.square(tf.reshape(rows, (pairs, size, -1)))  # [128, 8, n * frames]
    # LiteRT's fast slice keeps every axis, and its fast addition has two summands.
    parts = [
        _weighted(bins[:, k], squares[:, 2 * k : 2 * k + 1] + squares[:, 2 * k + 1 : 2 * k + 2])
        for k in range(size // 2)
    ]
    return tf.reshape(sum(parts[1:], start=parts[0]), (FRONTEND_BANDS, -1, frames))


def _weighted(bins: npt.NDArray[np.int_], power: Any) -> Any:
    """Return what some bins contribute to the power in each band: float32 [bins, 1, columns] to [1, 64, columns].

    Most bands contain none of these bins, and are not computed.
    """
    # No band contains bin 0, in whose place there is the power of two bins.
    weights = mel_weights()[bins]  # [bins, 64]
    bands = np.flatnonzero(weights.any(axis=0))
    lowest, above = int(bands[0]), int(bands[-1]) + 1
    columns = tf.reshape(power, (1, len(bins), -1))
    weighted = tf.matmul(weights.T[np.newaxis, lowest:above], columns)
    return tf.pad(weighted, ((0, 0), (lowest, FRONTEND_BANDS - above), (0, 0)))


def nursery(waveform: Any, settings: ArchitectureSettings) -> Any:
    """Return the logits of a waveform: float32 [n, 110 250] to float32 [n, label_count].

    Two labels use the network's own logit: it is the first label's, and the second's is zero. For any other number of
    labels, a new last layer replaces the one that makes that logit. The settings of a fingerprint are not used.

    Raises:
        ArchitectureError: Sample rate or clip are not the front end's.
    """
    if (settings.sample_rate_hz, settings.clip_samples) != (MODEL_RATE_HZ, WINDOW_SAMPLES):
        raise ArchitectureError(
            f"nursery takes clips of {WINDOW_SAMPLES} samples at {MODEL_RATE_HZ} Hz, not "
            f"{settings.clip_samples} at {settings.sample_rate_hz}: "
            f"use --sample_rate={MODEL_RATE_HZ} --clip_duration_ms={1000 * WINDOW_SECONDS}, or another architecture"
        )
    network = build_network()
    if settings.label_count == 2:  # noqa: PLR2004 - crying and the rest
        return two_logits(network, waveform)
    penultimate = network.get_layer("window_logit").input
    network = tf.keras.Model(network.inputs, penultimate, name="network")
    return tf.keras.layers.Dense(settings.label_count, name="logits")(network(LogMel(name="log_mel")(waveform)))


def two_logits(network: Any, waveform: Any) -> Any:
    """Return the network's logit of the window, and zero: their softmax is the logistic function of the first.

    The network takes log-mel spectrograms, and its first output is the logit of the window. The waveform is float32
    [n, 110 250], the result float32 [n, 2].
    """
    # The other outputs were needed only for training, and are not exported.
    network = tf.keras.Model(network.inputs, network.outputs[0], name="network")
    logit = network(LogMel(name="log_mel")(waveform))
    return tf.keras.layers.Concatenate(name="logits")([logit, tf.keras.layers.Rescaling(0.0)(logit)])
