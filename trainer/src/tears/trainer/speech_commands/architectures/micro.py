"""The microcontroller's fingerprint, `micro`, in floating point. Needs TensorFlow."""

import math
from typing import Any, Final

import numpy as np
import tensorflow as tf

from tears.trainer.speech_commands.architectures.settings import ModelSettings
from tears.trainer.speech_commands.architectures.spectrum import mel_weights, project

LOWER_HZ: Final = 125.0
INT16_SCALE: Final = 32_768.0
EVEN_SMOOTHING: Final = 0.025
ODD_SMOOTHING: Final = 0.06
LEAST_REMAINING: Final = 0.05
GAIN_STRENGTH: Final = 0.95
GAIN_OFFSET: Final = 80.0
# Where the shrunk ratio goes over from a parabola to the line that touches it.
LINEAR_FROM: Final = 2.0
# Six fractional bits for the gain's result, and the logarithm's scale, both of the fixed-point original.
FRACTION: Final = 64.0
RAMP: Final = 0.25
OUTPUT_SCALE: Final = 10.0 / 256.0


def micro(power: Any, settings: ModelSettings) -> Any:
    """Mel bands less their slowly followed noise, through per-channel automatic gain (PCAN) and a logarithm.

    The original computes in 16-bit fixed point: it rounds the windowed samples, the transform and every step after
    it. Here nothing is rounded. Of sounds that fill the spectrum both make the same to within half a per cent of the
    range, in the mean; beside a loud pure tone the original's other channels hear its own rounding, and here they hear
    nothing. The follower starts from nothing at each clip, as the original's does.

    Args:
        power: float32 of shape [n, frames, bins], of a waveform in [-1, 1).
        settings: Sample rate, upper limit, number of channels.

    Returns:
        float32 of shape [n, frames, feature_bin_count], from 0 up to about 30.
    """
    weights = mel_weights(settings, settings.feature_bin_count, LOWER_HZ)
    bands = INT16_SCALE * tf.sqrt(tf.transpose(project(weights, power), (0, 2, 1)))  # [n, frames, channels]
    smoothing = np.where(np.arange(settings.feature_bin_count) % 2, ODD_SMOOTHING, EVEN_SMOOTHING)
    noise = follow(bands, smoothing, settings.frames)
    remaining = tf.maximum(bands - noise, LEAST_REMAINING * bands)
    ratio = remaining * tf.exp(-GAIN_STRENGTH * tf.math.log(noise + GAIN_OFFSET))
    shrunk = tf.where(ratio < LINEAR_FROM, 0.25 * tf.square(ratio), ratio - 1.0)
    steps = FRACTION * shrunk
    # The original rounds down: by half a step in the mean, and to nothing below one. There a ramp stands for the edge,
    # at which two programs that differ in the last bit would answer differently.
    logarithm = tf.math.log(tf.maximum(steps - 0.5, 1.0) * (settings.fft_samples / FRACTION))
    return OUTPUT_SCALE * FRACTION * logarithm * tf.clip_by_value((steps - 1.0) / RAMP + 1.0, 0.0, 1.0)


def follow(bands: Any, smoothing: Any, frames: int) -> Any:
    """First-order smoothing along time: y[t] = s x[t] + (1 - s) y[t - 1], from y[-1] = 0.

    A loop over frames would not convert to operations that TFLite has built in. Instead each round adds to every
    frame the one that lies twice as far back as in the round before, after Hillis and Steele: nine rounds for 499.

    Args:
        bands: float32 of shape [n, frames, channels].
        smoothing: s for each channel, of shape [channels].
        frames: Of `bands`.

    Returns:
        float32 of shape [n, frames, channels].
    """
    followed = bands * tf.constant(smoothing, tf.float32)
    for k in range(math.ceil(math.log2(frames)) if frames > 1 else 0):
        back = 2**k
        faded = tf.constant((1.0 - smoothing) ** back, tf.float32)
        followed += faded * tf.pad(followed, ((0, 0), (back, 0), (0, 0)))[:, :frames]
    return followed
