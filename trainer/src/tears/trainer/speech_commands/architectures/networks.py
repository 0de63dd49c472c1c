"""Build the six networks of TensorFlow's speech_commands, from fingerprint to logits. Needs TensorFlow.

Layers, sizes, initial values and the dropout of one half are the original's, so that results can be compared.
`conv` is cnn-trad-fpool3 and `low_latency_conv` cnn-one-fstride4 of Sainath and Parada, "Convolutional Neural Networks
for Small-footprint Keyword Spotting" (Interspeech 2015), roughly; `low_latency_svdf` is after Nakkiran and others,
"Compressing Deep Neural Networks using a Rank-Constrained Topology" (Interspeech 2015).
"""

from typing import Any, Final

import tensorflow as tf

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


@tf.keras.utils.register_keras_serializable("tears")
class Svdf(tf.keras.layers.Layer):  # type: ignore[misc]
    """Units of low rank: each sums `rank` filters, and each filter is an outer product, frequency times time.

    The original filters each frame over frequency first and keeps the results from one run to the next; here a run
    always gets the whole clip. The sums over time are computed first: the result is the same, and the array between is
    [width, filters] for a clip, a tenth of [frames, filters] for a clip of five seconds.
    """

    def __init__(self, units: int, rank: int, deviation: float, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.rank = rank
        self.deviation = deviation

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights for an input of [n, frames, width]."""
        _, frames, width = input_shape
        filters = self.units * self.rank
        initial = tf.keras.initializers.TruncatedNormal(stddev=self.deviation)
        self.frequency = self.add_weight(shape=(width, filters), initializer=initial, name="frequency")
        # Needs a seed of its own: one initialiser would give both weights the same numbers.
        initial = tf.keras.initializers.TruncatedNormal(stddev=self.deviation)
        self.time = self.add_weight(shape=(frames, filters), initializer=initial, name="time")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, fingerprint: Any) -> Any:
        """Return the units' sums: float32 [n, frames, width] to float32 [n, units]."""
        over_time = tf.matmul(tf.transpose(fingerprint, (0, 2, 1)), self.time)  # [n, width, filters]
        filtered = tf.reduce_sum(over_time * self.frequency, axis=1)  # [n, filters]
        by_unit = tf.reshape(filtered, (-1, self.units, self.rank))
        return tf.reduce_sum(by_unit, axis=2) + self.bias

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of one value for each unit."""
        return (input_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "units": self.units, "rank": self.rank, "deviation": self.deviation}
