"""`nursery`: this project's own network and its own front end, for any set of labels. Needs TensorFlow."""

from typing import Any

import tensorflow as tf

from tears.training import frontend
from tears.training.architectures.settings import ModelSettings
from tears.training.architectures.spectrum import project
from tears.training.errors import SettingsError
from tears.training.network import build_network


@tf.keras.utils.register_keras_serializable("tears")
class LogMel(tf.keras.layers.Layer):  # type: ignore[misc]
    """`frontend.log_mel` as a layer, with operations that TFLite has built in; nothing in it is trained."""

    def call(self, waveform: Any) -> Any:
        """float32 [n, 110 250] to float32 [n, 214, 64]."""
        blocks = tf.reshape(
            waveform[:, : (frontend.FRAMES + 1) * frontend.HOP_SAMPLES],
            (-1, frontend.FRAMES + 1, frontend.HOP_SAMPLES),
        )
        spectrum = tf.signal.rfft(tf.concat([blocks[:, :-1], blocks[:, 1:]], axis=2))  # [n, 214, 513]
        power = tf.square(_hann(tf.math.real(spectrum), 1.0)) + tf.square(_hann(tf.math.imag(spectrum), -1.0))
        bands = tf.transpose(project(frontend.mel_weights(), power), (0, 2, 1))  # [n, 214, 64]
        return tf.math.log(bands + frontend.POWER_FLOOR, name="log_mel")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Of the spectrogram, without computing one."""
        return (input_shape[0], frontend.FRAMES, frontend.MEL_BANDS)


def _hann(part: Any, mirrored: float) -> Any:
    """One part of the spectrum as if the frames had been through a periodic Hann window.

    The window's own spectrum is three lines, 1/2 and -1/4 on both sides: there are no constants here that a smaller
    kind of weights would round, and a rounded window lets a loud tone leak into all bands.

    Args:
        part: Real or imaginary part, float32 [n, 214, 513].
        mirrored: 1 for the real part, which is even about either end of the spectrum, -1 for the imaginary, odd.
    """
    below = tf.concat([mirrored * part[:, :, 1:2], part[:, :, :-1]], axis=2)
    above = tf.concat([part[:, :, 1:], mirrored * part[:, :, -2:-1]], axis=2)
    return 0.5 * part - 0.25 * (below + above)


def nursery(waveform: Any, settings: ModelSettings) -> Any:
    """Waveform to logits.

    For two labels the network's own logit is used: it speaks for the first of them, and the second's is zero. For any
    other number a head of its own stands on what the network makes that logit of.

    Args:
        waveform: float32 of shape [n, 110 250].
        settings: Sample rate and clip must be the front end's; what else they say of a fingerprint is not used.

    Returns:
        float32 of shape [n, label_count].

    Raises:
        SettingsError: Sample rate or clip are others.
    """
    if (settings.sample_rate_hz, settings.clip_samples) != (frontend.SAMPLE_RATE_HZ, frontend.WINDOW_SAMPLES):
        raise SettingsError(
            f"nursery hears clips of {frontend.WINDOW_SAMPLES} samples at {frontend.SAMPLE_RATE_HZ} Hz, not "
            f"{settings.clip_samples} at {settings.sample_rate_hz}: "
            f"use --sample_rate={frontend.SAMPLE_RATE_HZ} --clip_duration_ms=5000, or another architecture"
        )
    network = build_network()
    if settings.label_count == 2:  # noqa: PLR2004 - crying and the rest
        return two_logits(network, waveform)
    penultimate = network.get_layer("window_logit").input
    network = tf.keras.Model(network.inputs, penultimate, name="network")
    return tf.keras.layers.Dense(settings.label_count, name="logits")(network(LogMel(name="log_mel")(waveform)))


def two_logits(network: Any, waveform: Any, scale: float = 1.0, offset: float = 0.0) -> Any:
    """The network's own logit and zero, of which softmax makes the logistic function of the first and what is left.

    Args:
        network: Of log-mel spectrograms, with the logit of the window first.
        waveform: float32 of shape [n, 110 250].
        scale: Of Platt's calibration.
        offset: Likewise.

    Returns:
        float32 of shape [n, 2].
    """
    # What only teaches stays behind.
    network = tf.keras.Model(network.inputs, network.outputs[0], name="network")
    logit = network(LogMel(name="log_mel")(waveform))
    calibrated = tf.keras.layers.Rescaling(scale, offset, name="calibrated")(logit)
    return tf.keras.layers.Concatenate(name="logits")([calibrated, tf.keras.layers.Rescaling(0.0)(logit)])
