"""Compute a network's input, the fingerprint of a clip: `mfcc`, `average` or `micro`. Needs TensorFlow."""

import math
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.audio.constants import FULL_SCALE
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings
from tears.trainer.speech_commands.architectures.spectrum import mel_weights, power_spectrum, project

MFCC_LOWER_HZ: Final = 20.0
# The coefficients are computed from this many mel bands, even when fewer coefficients are wanted.
MFCC_BANDS: Final = 40
MFCC_FLOOR: Final = 1e-12

# The constants of `micro`, from here on.
MICRO_LOWER_HZ: Final = 125.0
EVEN_SMOOTHING: Final = 0.025
ODD_SMOOTHING: Final = 0.06
LEAST_REMAINING: Final = 0.05
GAIN_STRENGTH: Final = 0.95
GAIN_OFFSET: Final = 80.0
# The shrunk ratio is a parabola up to here, and the line that touches it from here on.
LINEAR_FROM: Final = 2.0
# The fixed-point original has six fractional bits for the gain's result, and uses the same scale for the logarithm.
FRACTION: Final = 64.0
RAMP: Final = 0.25
OUTPUT_SCALE: Final = 10.0 / 256.0


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


def micro(power: Any, settings: ArchitectureSettings) -> Any:
    """Return mel bands without their slowly changing noise, after per-channel automatic gain (PCAN) and a logarithm.

    The original computes in 16-bit fixed point and rounds the windowed samples, the transform and every later step.
    Nothing is rounded here. For sounds that fill the spectrum the two differ by half a per cent of the range on
    average. Beside a loud pure tone the original's other channels contain its rounding errors, and here they are empty.
    As in the original, the noise follower starts at zero in each clip.

    The power is float32 [n, frames, bins], of a waveform in [-1, 1); the result is float32 [n, frames,
    feature_bin_count], from 0 up to about 30.
    """
    weights = mel_weights(settings, settings.feature_bin_count, MICRO_LOWER_HZ)
    bands = FULL_SCALE * tf.sqrt(tf.transpose(project(weights, power), (0, 2, 1)))  # [n, frames, channels]
    smoothing = np.where(np.arange(settings.feature_bin_count) % 2, ODD_SMOOTHING, EVEN_SMOOTHING)
    noise = smooth_along_time(bands, smoothing, settings.frames)
    remaining = tf.maximum(bands - noise, LEAST_REMAINING * bands)
    ratio = remaining * tf.exp(-GAIN_STRENGTH * tf.math.log(noise + GAIN_OFFSET))
    shrunk = tf.where(ratio < LINEAR_FROM, 0.25 * tf.square(ratio), ratio - 1.0)
    steps = FRACTION * shrunk
    # The original rounds down: by half a step on average, and to 0 below one step. A ramp replaces that edge: there two
    # programs that differ in the last bit would answer differently.
    logarithm = tf.math.log(tf.maximum(steps - 0.5, 1.0) * (settings.fft_samples / FRACTION))
    return OUTPUT_SCALE * FRACTION * logarithm * tf.clip_by_value((steps - 1.0) / RAMP + 1.0, 0.0, 1.0)


def smooth_along_time(bands: Any, smoothing: Any, frames: int) -> Any:
    """Smooth along time, in first order: y[t] = s x[t] + (1 - s) y[t - 1], with y[-1] = 0.

    A loop over frames would need operations that are not built into TFLite. Instead, each round adds to every frame the
    one that is twice as far back as in the round before (Hillis and Steele's scan): nine rounds for 499 frames.

    Bands and result are float32 [n, frames, channels]; `smoothing` is s for each channel.
    """
    followed = bands * tf.constant(smoothing, tf.float32)
    for k in range(math.ceil(math.log2(frames)) if frames > 1 else 0):
        back = 2**k
        faded = tf.constant((1.0 - smoothing) ** back, tf.float32)
        followed += faded * tf.pad(followed, ((0, 0), (back, 0), (0, 0)))[:, :frames]
    return followed


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
