"""What the served score stands on: a ridge regression on what the network hears by.

The network's own logit fits the few hundred recordings of cries that it was trained on better than cries that it has
never heard. The channels before its outputs were learnt from all sounds alike, mostly from YAMNet's embedding; a
regression on them, held back by its penalty, errs less on unseen recordings: the card has the figures. Needs
TensorFlow.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import tensorflow as tf

from tears.training.regression import ridge_logistic
from tears.training.windows import TrainingWindows

RIDGE: Final = 0.1
# Every window of the first set, and every fourth of the others.
FIRST_STEP: Final = 1
OTHER_STEP: Final = 4


def pooled(network: Any) -> Any:
    """The network up to what is decided by: mean and maximum of the channels over the window's ninths."""
    layers = tf.keras.layers
    ninths = network.get_layer("embedding").input  # [n, 9, 4 * width]
    both = [layers.GlobalAveragePooling1D()(ninths), layers.GlobalMaxPooling1D()(ninths)]
    return tf.keras.Model(network.inputs, layers.Concatenate(name="pooled")(both))


def decide(network: Any, sets: Sequence[TrainingWindows]) -> Any:
    """Fits the regression.

    Args:
        network: As `build_network` makes it, trained.
        sets: Composed windows; cries are in the first.

    Returns:
        A Keras model: float32 [n, 214, 64] in, the logit [n, 1] out.
    """
    trunk = pooled(network)
    steps = [FIRST_STEP, *([OTHER_STEP] * (len(sets) - 1))]
    features = np.concatenate([windows.features[::step] for windows, step in zip(sets, steps, strict=True)])
    labels = np.concatenate([windows.labels[::step] > 0 for windows, step in zip(sets, steps, strict=True)])
    heard = trunk.predict(features.astype(np.float32), batch_size=64, verbose=0)
    weights, bias = ridge_logistic(heard, labels, RIDGE)
    regression = tf.keras.layers.Dense(1, name="decision")
    logit = regression(trunk.output)
    regression.set_weights([weights[:, np.newaxis].astype(np.float32), np.array([bias], np.float32)])
    return tf.keras.Model(network.inputs, logit)
