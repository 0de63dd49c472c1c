"""A layer whose filters are each the product of a filter over frequency and one over time. Needs TensorFlow."""

from typing import Any

import tensorflow as tf


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
