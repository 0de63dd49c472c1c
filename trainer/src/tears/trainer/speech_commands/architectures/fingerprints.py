"""What is made of a spectrum before a network sees it: `mfcc`, `average` or `micro`. Needs TensorFlow."""

from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.trainer.speech_commands.architectures.micro import micro
from tears.trainer.speech_commands.architectures.settings import ModelSettings
from tears.trainer.speech_commands.architectures.spectrum import mel_weights, power_spectrum, project

MFCC_LOWER_HZ: Final = 20.0
# The mel bands beneath the coefficients, however few of these are asked for.
MFCC_BANDS: Final = 40
MFCC_FLOOR: Final = 1e-12


def fingerprint(waveform: Any, settings: ModelSettings) -> Any:
    """The fingerprint that the settings name.

    Args:
        waveform: float32 of shape [n, clip_samples], in [-1, 1).
        settings: The clip, and `preprocess`.

    Returns:
        float32 of shape [n, frames, fingerprint_width].
    """
    power = power_spectrum(waveform, settings)
    return {"mfcc": mfcc, "average": average, "micro": micro}[settings.preprocess](power, settings)


def mfcc(power: Any, settings: ModelSettings) -> Any:
    """Mel-frequency cepstral coefficients: magnitudes in mel bands, their logarithm, its cosine transform.

    Args:
        power: float32 of shape [n, frames, bins].
        settings: Sample rate, limits and number of coefficients.

    Returns:
        float32 of shape [n, frames, feature_bin_count].
    """
    bands = max(MFCC_BANDS, settings.feature_bin_count)
    weights = mel_weights(settings, bands, MFCC_LOWER_HZ)
    magnitudes = project(weights, tf.sqrt(power))  # [n, bands, frames]
    logarithms = tf.transpose(tf.math.log(tf.maximum(magnitudes, MFCC_FLOOR)), (0, 2, 1))
    coefficients = project(cosines(bands, settings.feature_bin_count), logarithms)
    return tf.transpose(coefficients, (0, 2, 1))


def cosines(bands: int, coefficients: int) -> npt.NDArray[np.float32]:
    """The cosine transform of type II, sqrt(2 / N) cos(pi k (n + 1/2) / N), its first row no smaller than the others.

    Returns:
        float32 of shape [bands, coefficients].
    """
    phase = np.pi * np.outer(np.arange(bands) + 0.5, np.arange(coefficients)) / bands
    return np.asarray(np.sqrt(2.0 / bands) * np.cos(phase), np.float32)


def average(power: Any, settings: ModelSettings) -> Any:
    """The mean power of so many neighbouring bins; the last mean is of those that are left.

    Args:
        power: float32 of shape [n, frames, bins].
        settings: How many bins make one number.

    Returns:
        float32 of shape [n, frames, fingerprint_width].
    """
    width = settings.averaged_bins
    pooled = tf.nn.avg_pool2d(tf.expand_dims(power, 3), (1, width), (1, width), "SAME")
    return tf.squeeze(pooled, 3)


@tf.keras.utils.register_keras_serializable("tears")
class Fingerprint(tf.keras.layers.Layer):  # type: ignore[misc]
    """The front end as the first layer of a model: waveform in, fingerprint out; nothing in it is trained."""

    def __init__(self, settings: ModelSettings | dict[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self.settings = settings if isinstance(settings, ModelSettings) else ModelSettings(**settings)
        # Settings that do not go together are told of here: Keras would put pages around what `call` raises.
        fingerprint(tf.zeros((1, self.settings.clip_samples)), self.settings)

    def call(self, waveform: Any) -> Any:
        """float32 [n, clip_samples] to float32 [n, frames, fingerprint_width]."""
        return fingerprint(waveform, self.settings)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Of the fingerprint, without computing one."""
        return (input_shape[0], self.settings.frames, self.settings.fingerprint_width)

    def get_config(self) -> dict[str, Any]:
        """What it takes to build the layer again."""
        return {**super().get_config(), "settings": asdict(self.settings)}
