"""Our network: log-mel spectrogram in; one logit for the window and one for each 186 ms out. Needs TensorFlow."""

from typing import Any

import tensorflow as tf

from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, NINTHS, SPANS
from tears.trainer.yamnet import YAMNET_CLASSES, YAMNET_EMBEDDING

# Mean and standard deviation of the log power, measured over composed windows.
LOG_POWER_MEAN = -1.6
LOG_POWER_SCALE = 5.7


def build_network(width: int = 64) -> Any:
    """Build a small convolutional network.

    Its second channel is the spectrogram minus each band's mean over the window, which removes steady noise of any
    colour and the microphone's response. `width` is the number of channels of the second layer; the other layers have a
    multiple or a part of it.

    Returns:
        A Keras model: float32 [n, 214, 64] in; logits [n, 1] of the window, [n, 27] of its spans and [n, 9, 521] of
        the teacher's classes, and the teacher's standardised embedding [n, 9, 1024] out.
    """
    layers = tf.keras.layers
    log_mel = layers.Input((FRONTEND_FRAMES, FRONTEND_BANDS), name="log_mel")
    x = layers.Reshape((FRONTEND_FRAMES, FRONTEND_BANDS, 1))(log_mel)
    x = layers.Rescaling(1.0 / LOG_POWER_SCALE, offset=-LOG_POWER_MEAN / LOG_POWER_SCALE)(x)
    mean = layers.AveragePooling2D((FRONTEND_FRAMES, 1))(x)  # [n, 1, 64, 1]
    x = layers.Concatenate()([x, layers.Subtract()([x, mean])])  # [n, 214, 64, 2]
    x = _convolved(x, width // 2, (3, 3), (2, 2))  # [n, 107, 32, 32]
    x = _convolved(x, width, (3, 3), (2, 2))  # [n, 54, 16, 64]
    x = _convolved(x, 2 * width, (3, 3), (2, 2))  # [n, 27, 8, 128]
    x = _convolved(x, 2 * width, (3, 3), (1, 2))  # [n, 27, 4, 128]
    x = layers.Dropout(0.1)(x)
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)  # [n, 27, 512]
    x = _along_time(x, 4 * width, 1, 1)
    x = layers.Add()([x, _along_time(x, 4 * width, 3, 1)])
    x = layers.Add()([x, _along_time(x, 4 * width, 3, 2)])  # [n, 27, 256], with more than a second of context
    x = layers.Dropout(0.25)(x)
    spans = layers.Conv1D(1, 1, name="span_logits")(x)  # [n, 27, 1]
    attention = layers.Softmax(axis=1)(layers.Conv1D(1, 1)(x))
    attended = layers.Dot(axes=1)([attention, x])  # [n, 1, 256]
    pooled = layers.Concatenate()(
        [layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x), layers.Flatten()(attended)]
    )
    pooled = layers.Dropout(0.25)(layers.Dense(2 * width, activation="relu")(pooled))
    window = layers.Dense(1, name="window_logit")(pooled)
    ninths = layers.AveragePooling1D(SPANS // NINTHS)(x)
    teacher_logits = layers.Conv1D(YAMNET_CLASSES, 1, name="teacher_logits")(ninths)
    embedding = layers.Conv1D(YAMNET_EMBEDDING, 1, name="teacher_embedding")(ninths)
    return tf.keras.Model(log_mel, [window, layers.Flatten(name="spans")(spans), teacher_logits, embedding])


def _convolved(x: Any, channels: int, kernel: tuple[int, int], strides: tuple[int, int]) -> Any:
    layers = tf.keras.layers
    x = layers.Conv2D(channels, kernel, strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))


def _along_time(x: Any, channels: int, kernel: int, dilation: int) -> Any:
    layers = tf.keras.layers
    x = layers.Conv1D(channels, kernel, padding="same", dilation_rate=dilation, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))
