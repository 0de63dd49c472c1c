"""Our network: log-mel spectrogram in; one logit for the window and one for each 186 ms out. Needs TensorFlow."""

from typing import Any, Final

import tensorflow as tf

from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, NINTHS, SPANS
from tears.trainer.speech_commands.architectures.batch_norm import FusedBatchNorm
from tears.trainer.teachers.mn04_outputs import MN04_CLASSES, MN04_EMBEDDING

# Mean and standard deviation of the log power, measured over composed windows.
LOG_POWER_MEAN: Final = -1.6
LOG_POWER_SCALE: Final = 5.7
# The channels of the convolutions over frequency and time, of those along time, and of the pooled layer.
CONVOLVED_CHANNELS: Final = (16, 48, 128, 192)
TIME_CHANNELS: Final = 256
POOLED_CHANNELS: Final = 256
# How many times fewer channels there are in the middle of a squeeze and excitation.
EXCITATION_REDUCTION: Final = 4


def build_network() -> Any:
    """Build a small convolutional network.

    Its second channel is the spectrogram minus each band's mean over the window, which removes steady noise of any
    colour and the microphone's response. Its residual blocks are those of He et al., Deep Residual Learning (2016),
    with the squeeze and excitation of Hu et al., Squeeze-and-Excitation Networks (2018).

    Returns:
        A Keras model: float32 [n, 214, 64] in; logits [n, 1] of the window, [n, 27] of its spans and [n, 527] of the
        teacher's classes, and the teacher's standardised embedding [n, 9, 384] out.
    """
    layers = tf.keras.layers
    log_mel = layers.Input((FRONTEND_FRAMES, FRONTEND_BANDS), name="log_mel")
    x = layers.Reshape((FRONTEND_FRAMES, FRONTEND_BANDS, 1))(log_mel)
    x = layers.Rescaling(1.0 / LOG_POWER_SCALE, offset=-LOG_POWER_MEAN / LOG_POWER_SCALE)(x)
    mean = layers.AveragePooling2D((FRONTEND_FRAMES, 1))(x)  # [n, 1, 64, 1]
    x = layers.Concatenate()([x, layers.Subtract()([x, mean])])  # [n, 214, 64, 2]
    first, second, third, fourth = CONVOLVED_CHANNELS
    x = _convolved(x, first, (2, 2))  # [n, 107, 32, 16]
    x = _residual(_convolved(x, second, (2, 2)))  # [n, 54, 16, 48]
    x = _residual(_residual(_convolved(x, third, (2, 2))))  # [n, 27, 8, 128]
    x = _excited(_convolved(x, fourth, (1, 2)))  # [n, 27, 4, 192]
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)  # [n, 27, 768]
    x = _along_time(x, 1, 1)
    x = layers.Add()([x, _along_time(x, 3, 1)])
    x = layers.Add()([x, _along_time(x, 3, 2)])  # [n, 27, 256]
    x = layers.Dropout(0.1, name="channels")(x)
    spans = layers.Conv1D(1, 1, name="span_logits", dtype="float32")(x)  # [n, 27, 1]
    embedding = layers.Conv1D(MN04_EMBEDDING, 1, name="teacher_embedding", dtype="float32")(
        layers.AveragePooling1D(SPANS // NINTHS)(x)
    )
    pooled = layers.Concatenate()([layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)])
    pooled = layers.Dense(POOLED_CHANNELS, activation="relu", name="pooled")(pooled)
    pooled = layers.Dropout(0.1)(pooled)
    teacher_logits = layers.Dense(MN04_CLASSES, name="teacher_logits", dtype="float32")(pooled)
    window = layers.Dense(1, name="window_logit", dtype="float32")(pooled)
    return tf.keras.Model(log_mel, [window, layers.Flatten(name="spans")(spans), teacher_logits, embedding])


def _convolved(x: Any, channels: int, strides: tuple[int, int] = (1, 1), *, is_last: bool = False) -> Any:
    """Convolve over time and frequency; the last convolution of a residual has no ReLU of its own."""
    layers = tf.keras.layers
    x = FusedBatchNorm()(layers.Conv2D(channels, 3, strides, padding="same", use_bias=False)(x))
    return x if is_last else layers.ReLU()(x)


def _residual(x: Any) -> Any:
    """Build a residual block: x plus two convolutions of it. The shape stays."""
    layers = tf.keras.layers
    channels = x.shape[-1]
    found = _excited(_convolved(_convolved(x, channels), channels, is_last=True))
    return layers.ReLU()(layers.Add()([x, found]))


def _excited(x: Any) -> Any:
    """Apply squeeze and excitation: each channel times a factor that depends on all channels in the whole window."""
    layers = tf.keras.layers
    channels = x.shape[-1]
    means = layers.GlobalAveragePooling2D(keepdims=True)(x)  # [n, 1, 1, channels]
    squeezed = layers.Conv2D(channels // EXCITATION_REDUCTION, 1, activation="relu")(means)
    return layers.Multiply()([x, layers.Conv2D(channels, 1, activation="sigmoid")(squeezed)])


def _along_time(x: Any, kernel: int, dilation: int) -> Any:
    layers = tf.keras.layers
    x = layers.Conv1D(TIME_CHANNELS, kernel, padding="same", dilation_rate=dilation, use_bias=False)(x)
    return layers.ReLU()(FusedBatchNorm()(x))
