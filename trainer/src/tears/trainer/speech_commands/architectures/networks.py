"""Build the six networks of TensorFlow's speech_commands, from fingerprint to logits. Needs TensorFlow.

Layers, sizes, initial values and the dropout of one half are the original's, so that results can be compared.
`conv` is cnn-trad-fpool3 and `low_latency_conv` cnn-one-fstride4 of Sainath and Parada, "Convolutional Neural Networks
for Small-footprint Keyword Spotting" (Interspeech 2015), roughly; `low_latency_svdf` is after Nakkiran and others,
"Compressing Deep Neural Networks using a Rank-Constrained Topology" (Interspeech 2015).
"""

from typing import Any, Final

import tensorflow as tf

from tears.trainer.speech_commands.architectures.svdf import Svdf

DROPOUT: Final = 0.5
STANDARD_DEVIATION: Final = 0.01


def single_fc(fingerprint: Any, label_count: int) -> Any:
    """Add one dense layer and nothing else: [n, frames, width] to [n, label_count]."""
    return _dense(label_count, "logits", deviation=0.001)(tf.keras.layers.Flatten()(fingerprint))


def conv(fingerprint: Any, label_count: int) -> Any:
    """Add two convolutions of 64 channels with a pooling between: the original's default."""
    x = _convolved(_as_picture(fingerprint), 64, (20, 8), name="first")
    x = tf.keras.layers.MaxPooling2D(2, padding="same")(x)  # [n, frames / 2, width / 2, 64]
    x = _convolved(x, 64, (10, 4), name="second")
    return _dense(label_count, "logits")(tf.keras.layers.Flatten()(x))


def low_latency_conv(fingerprint: Any, label_count: int) -> Any:
    """Add one convolution as long as the clip, then three dense layers with nothing but dropout between them."""
    frames = fingerprint.shape[1]
    x = _convolved(_as_picture(fingerprint), 186, (frames, 8), padding="valid", name="first")  # [n, 1, width - 7, 186]
    return _three_layers(tf.keras.layers.Flatten()(x), 128, label_count)


def low_latency_svdf(fingerprint: Any, label_count: int) -> Any:
    """Add 1 280 SVDF units of rank two, then three dense layers."""
    x = tf.keras.layers.ReLU()(Svdf(units=1280, rank=2, deviation=STANDARD_DEVIATION, name="svdf")(fingerprint))
    return _three_layers(tf.keras.layers.Dropout(DROPOUT)(x), 256, label_count)


def tiny_conv(fingerprint: Any, label_count: int) -> Any:
    """Add one convolution of eight channels: meant for microcontrollers."""
    x = _convolved(_as_picture(fingerprint), 8, (10, 8), strides=2, name="first")
    return _dense(label_count, "logits")(tf.keras.layers.Flatten()(x))


def tiny_embedding_conv(fingerprint: Any, label_count: int) -> Any:
    """Add the convolution of `tiny_conv`, and a second one with a stride of eight."""
    x = _convolved(_as_picture(fingerprint), 8, (10, 8), strides=2, name="first")
    x = _convolved(x, 8, (10, 8), strides=8, name="second")
    return _dense(label_count, "logits")(tf.keras.layers.Flatten()(x))


def _as_picture(fingerprint: Any) -> Any:
    return tf.keras.layers.Reshape((*fingerprint.shape[1:], 1))(fingerprint)  # [n, frames, width, 1]


def _convolved(
    x: Any, channels: int, kernel: tuple[int, int], strides: int = 1, padding: str = "same", *, name: str
) -> Any:
    """Add a convolution, ReLU and dropout."""
    initial = tf.keras.initializers.TruncatedNormal(stddev=STANDARD_DEVIATION)
    x = tf.keras.layers.Conv2D(
        channels, kernel, strides, padding=padding, activation="relu", kernel_initializer=initial, name=f"{name}_conv"
    )(x)
    return tf.keras.layers.Dropout(DROPOUT)(x)


def _three_layers(x: Any, channels: int, label_count: int) -> Any:
    for name in ("first_fc", "second_fc"):
        x = tf.keras.layers.Dropout(DROPOUT)(_dense(channels, name)(x))
    return _dense(label_count, "logits")(x)


def _dense(channels: int, name: str, deviation: float = STANDARD_DEVIATION) -> Any:
    initial = tf.keras.initializers.TruncatedNormal(stddev=deviation)
    return tf.keras.layers.Dense(channels, kernel_initializer=initial, name=name)
