"""A layer whose filters are products of one over frequency and one over time. Needs TensorFlow."""

from typing import Any

import tensorflow as tf


@tf.keras.utils.register_keras_serializable("tears")
class Svdf(tf.keras.layers.Layer):  # type: ignore[misc]
    """Units of a low rank: each sums `rank` filters, and each filter is an outer product, frequency times time.

    The original filters each frame over frequency first and keeps the results from one run to the next; here a run
    always sees the whole clip. The sums over time are taken first: the answer is the same, and what lies between is
    [width, filters] a clip, a tenth of [frames, filters] for a clip of five seconds.
    """

    def __init__(self, units: int, rank: int, deviation: float, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.rank = rank
        self.deviation = deviation

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights for [n, frames, width]."""
        _, frames, width = input_shape
        filters = self.units * self.rank
        initial = tf.keras.initializers.TruncatedNormal(stddev=self.deviation)
        self.frequency = self.add_weight(shape=(width, filters), initializer=initial, name="frequency")
        # A seed of its own: one initialiser gives two weights the same numbers.
        initial = tf.keras.initializers.TruncatedNormal(stddev=self.deviation)
        self.time = self.add_weight(shape=(frames, filters), initializer=initial, name="time")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, fingerprint: Any) -> Any:
        """float32 [n, frames, width] to float32 [n, units]."""
        over_time = tf.matmul(tf.transpose(fingerprint, (0, 2, 1)), self.time)  # [n, width, filters]
        filtered = tf.reduce_sum(over_time * self.frequency, axis=1)  # [n, filters]
        by_unit = tf.reshape(filtered, (-1, self.units, self.rank))
        return tf.reduce_sum(by_unit, axis=2) + self.bias

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """One number a unit."""
        return (input_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        """What it takes to build the layer again."""
        return {**super().get_config(), "units": self.units, "rank": self.rank, "deviation": self.deviation}
