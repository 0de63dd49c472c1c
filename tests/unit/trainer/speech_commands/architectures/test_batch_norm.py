"""The fused batch normalisation, beside Keras's own."""

import numpy as np
import pytest
import tensorflow as tf

from tears.trainer.speech_commands.architectures.batch_norm import (
    BATCH_NORM_EPSILON,
    BATCH_NORM_MOMENTUM,
    FusedBatchNorm,
)


@pytest.mark.parametrize("shape", [(8, 5, 3), (8, 5, 4, 3)])
def test_it_normalises_as_keras_does(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    fused = FusedBatchNorm()
    keras = tf.keras.layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, epsilon=BATCH_NORM_EPSILON)
    for layer in (fused, keras):
        layer.build(shape)
        layer.gamma.assign([0.5, 1.0, 2.0])
        layer.beta.assign([1.0, 0.0, -1.0])

    for _ in range(3):
        batch = rng.normal(3.0, 2.0, shape).astype(np.float32)
        in_training = fused(batch, training=True)
        np.testing.assert_allclose(in_training, keras(batch, training=True), atol=1e-5)
    np.testing.assert_allclose(fused.mean, keras.moving_mean, atol=1e-5)
    # The fused operation averages the unbiased estimate of the variance.
    count = np.prod(shape[:-1])
    np.testing.assert_allclose(fused.variance, keras.moving_variance, atol=0.06 * count / (count - 1))
    keras.moving_variance.assign(fused.variance)
    np.testing.assert_allclose(fused(batch), keras(batch), atol=1e-5)
