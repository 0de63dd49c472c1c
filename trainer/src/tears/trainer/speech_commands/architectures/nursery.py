"""`nursery`: the shipped model's network and front end, for any set of labels. Needs TensorFlow."""

from typing import Any, Final

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
from tears.trainer.speech_commands.architectures.nursery_network import build_network
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings
from tears.trainer.speech_commands.architectures.spectrum import project

# A spectrum of all frames takes a megabyte in each of several steps, and an interpreter keeps that memory.
FRAMES_AT_ONCE: Final = 54  # of 214: a quarter


@tf.keras.utils.register_keras_serializable("tears")
class LogMel(tf.keras.layers.Layer):  # type: ignore[misc]
    """`frontend.log_mel` as a layer, with operations that are built into TFLite; nothing in it is trained."""

    def call(self, waveform: Any) -> Any:
        """Return the spectrograms: float32 [n, 110 250] to float32 [n, 214, 64]."""
        count = FRONTEND_FRAMES + 1
        blocks = tf.reshape(waveform[:, : count * FRONTEND_HOP_SAMPLES], (-1, count, FRONTEND_HOP_SAMPLES))
        starts = range(0, FRONTEND_FRAMES, FRAMES_AT_ONCE)
        bands = [self._bands(blocks[:, start : start + FRAMES_AT_ONCE + 1]) for start in starts]
        return tf.transpose(tf.math.log(tf.concat(bands, axis=2) + POWER_FLOOR), (0, 2, 1))

    @staticmethod
    def _bands(blocks: Any) -> Any:
        """Return the power in bands of frames of two blocks each: [n, frames + 1, 512] to [n, 64, frames]."""
        frames = tf.concat([blocks[:, :-1], blocks[:, 1:]], axis=2)
        spectrum = tf.signal.rfft(frames * periodic_hann(FRONTEND_FRAME_SAMPLES))
        power = tf.square(tf.math.real(spectrum)) + tf.square(tf.math.imag(spectrum))  # [n, frames, 513]
        return project(mel_weights(), power)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the spectrograms without computing one."""
        return (input_shape[0], FRONTEND_FRAMES, FRONTEND_BANDS)


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


def two_logits(network: Any, waveform: Any, scale: float = 1.0, offset: float = 0.0) -> Any:
    """Return the network's calibrated logit, and zero: their softmax is the logistic function of the first.

    The network takes log-mel spectrograms, and its first output is the logit of the window. The waveform is float32
    [n, 110 250], the result float32 [n, 2]. Scale and offset are those of Platt's calibration.
    """
    # The other outputs were needed only for training, and are not exported.
    network = tf.keras.Model(network.inputs, network.outputs[0], name="network")
    logit = network(LogMel(name="log_mel")(waveform))
    calibrated = tf.keras.layers.Rescaling(scale, offset, name="calibrated")(logit)
    return tf.keras.layers.Concatenate(name="logits")([calibrated, tf.keras.layers.Rescaling(0.0)(logit)])
