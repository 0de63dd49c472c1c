"""Compute a network's input, the fingerprint of a clip: `mfcc`, `average` or `micro`. Needs TensorFlow."""

from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.trainer.speech_commands.architectures.micro import micro
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings
from tears.trainer.speech_commands.architectures.spectrum import mel_weights, power_spectrum, project

MFCC_LOWER_HZ: Final = 20.0
# The coefficients are computed from this many mel bands, even when fewer coefficients are wanted.
MFCC_BANDS: Final = 40
MFCC_FLOOR: Final = 1e-12


def fingerprint(waveform: Any, settings: ArchitectureSettings) -> Any:
    """Return the fingerprint that the settings name: float32 [n, clip_samples] to [n, frames, fingerprint_width]."""
    power = power_spectrum(waveform, settings)
    return {"mfcc": mfcc, "average": average, "micro": micro}[settings.preprocess](power, settings)


def mfcc(power: Any, settings: ArchitectureSettings) -> Any:
    """Return mel-frequency cepstral coefficients: magnitudes in mel bands, their logarithm, its cosine transform.

    The power is float32 [n, frames, bins], the result float32 [n, frames, feature_bin_count].
    """
    bands = max(MFCC_BANDS, settings.feature_bin_count)
    weights = mel_weights(settings, bands, MFCC_LOWER_HZ)
    magnitudes = project(weights, tf.sqrt(power))  # [n, bands, frames]
    logarithms = tf.transpose(tf.math.log(tf.maximum(magnitudes, MFCC_FLOOR)), (0, 2, 1))
    coefficients = project(cosines(bands, settings.feature_bin_count), logarithms)
    return tf.transpose(coefficients, (0, 2, 1))


def cosines(bands: int, coefficients: int) -> npt.NDArray[np.float32]:
    """Return the cosine transform of type II, sqrt(2 / N) cos(pi k (n + 1/2) / N), also for k = 0: [bands, k]."""
    phase = np.pi * np.outer(np.arange(bands) + 0.5, np.arange(coefficients)) / bands
    return np.asarray(np.sqrt(2.0 / bands) * np.cos(phase), np.float32)


def average(power: Any, settings: ArchitectureSettings) -> Any:
    """Return the mean power of each group of neighbouring bins; the last group can be smaller.

    The power is float32 [n, frames, bins], the result float32 [n, frames, fingerprint_width].
    """
    width = settings.averaged_bins
    pooled = tf.nn.avg_pool2d(tf.expand_dims(power, 3), (1, width), (1, width), "SAME")
    return tf.squeeze(pooled, 3)


@tf.keras.utils.register_keras_serializable("tears")
class Fingerprint(tf.keras.layers.Layer):  # type: ignore[misc]
    """The front end as the first layer of a model: waveform in, fingerprint out; nothing in it is trained."""

    def __init__(self, settings: ArchitectureSettings | dict[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self.settings = settings if isinstance(settings, ArchitectureSettings) else ArchitectureSettings(**settings)
        # Raise for settings that contradict each other here: Keras wraps an error from `call` in many lines.
        fingerprint(tf.zeros((1, self.settings.clip_samples)), self.settings)

    def call(self, waveform: Any) -> Any:
        """Return the fingerprints: float32 [n, clip_samples] to float32 [n, frames, fingerprint_width]."""
        return fingerprint(waveform, self.settings)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the fingerprints without computing one."""
        return (input_shape[0], self.settings.frames, self.settings.fingerprint_width)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "settings": asdict(self.settings)}
