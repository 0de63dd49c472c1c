"""Compute the microcontroller's fingerprint, `micro`, in floating point. Needs TensorFlow."""

import math
from typing import Any, Final

import numpy as np
import tensorflow as tf

from tears.audio.constants import FULL_SCALE
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings
from tears.trainer.speech_commands.architectures.spectrum import mel_weights, project

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
    noise = follow(bands, smoothing, settings.frames)
    remaining = tf.maximum(bands - noise, LEAST_REMAINING * bands)
    ratio = remaining * tf.exp(-GAIN_STRENGTH * tf.math.log(noise + GAIN_OFFSET))
    shrunk = tf.where(ratio < LINEAR_FROM, 0.25 * tf.square(ratio), ratio - 1.0)
    steps = FRACTION * shrunk
    # The original rounds down: by half a step on average, and to 0 below one step. A ramp replaces that edge: there two
    # programs that differ in the last bit would answer differently.
    logarithm = tf.math.log(tf.maximum(steps - 0.5, 1.0) * (settings.fft_samples / FRACTION))
    return OUTPUT_SCALE * FRACTION * logarithm * tf.clip_by_value((steps - 1.0) / RAMP + 1.0, 0.0, 1.0)


def follow(bands: Any, smoothing: Any, frames: int) -> Any:
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
