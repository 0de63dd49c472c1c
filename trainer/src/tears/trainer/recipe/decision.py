"""The served score: the networks and a ridge regression on their channels must agree on a cry.

The channels below a network's outputs were learnt from all sounds, mostly from YAMNet's embedding. One of the
network's outputs predicts YAMNet's score of a baby's cry, which was learnt from millions of clips. The regression has
no penalty on that prediction, but a penalty on the channels. The network's own outputs were fitted to the few hundred
recordings of cries alone. The two are wrong about different sounds: the regression is better on the validation split,
and the networks are better on sources of cries that were left out of training. Needs TensorFlow.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.trainer.recipe.batches import muffle
from tears.trainer.recipe.logistic_regression import ridge_logistic
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.yamnet import BABY_CRY

RIDGE: Final = 0.1
# The regression is fitted to every fourth window of the sets without cries.
OTHER_STEP: Final = 4
# Every third of its windows is used once more, without everything above 3 to 5 kHz. So one in four is muffled, as in
# the fitting of the networks.
MUFFLED_STEP: Final = 3
MUFFLING_SEED: Final = 5
# Scores are kept this far from 0 and 1, so that each has a logit.
SCORE_MARGIN: Final = 1e-5


def decision_inputs(network: Any, name: str, *, has_teacher: bool) -> Any:
    """Build the part of a trained network of `build_network` that the decision needs.

    Returns:
        A Keras model that takes float32 [n, 214, 64] and gives:
        the mean and the maximum of the channels over the window's ninths, [n, 8 * width];
        the logit of the predicted teacher's score of a baby's cry, a mean over the ninths, [n, 1], or [n, 0] without a
        teacher;
        the network's own logit, [n, 1]: halfway between that of the window and the mean of its spans', because a door
        seldom makes a sound for long.
    """
    layers = tf.keras.layers
    spans = tf.keras.ops.mean(network.get_layer("spans").output, axis=1, keepdims=True)
    own_logit = 0.5 * (network.get_layer("window_logit").output + spans)
    ninths = network.get_layer("teacher_embedding").input  # [n, 9, 4 * width]
    channels = layers.Concatenate()([layers.GlobalAveragePooling1D()(ninths), layers.GlobalMaxPooling1D()(ninths)])
    if not has_teacher:
        return tf.keras.Model(network.inputs, [channels, channels[:, :0], own_logit], name=name)
    kernel, bias = network.get_layer("teacher_logits").get_weights()
    score = layers.Conv1D(1, 1, activation="sigmoid", name="baby_cry")
    mean = layers.GlobalAveragePooling1D()(score(ninths))  # [n, 1]
    score.set_weights([kernel[:, :, BABY_CRY : BABY_CRY + 1], bias[BABY_CRY : BABY_CRY + 1]])
    mean = tf.keras.ops.clip(mean, SCORE_MARGIN, 1 - SCORE_MARGIN)
    teacher_logit = tf.keras.ops.log(mean) - tf.keras.ops.log(1 - mean)
    return tf.keras.Model(network.inputs, [channels, teacher_logit, own_logit], name=name)


def decide(networks: Sequence[Any], sets: Sequence[TrainingWindows], *, has_teacher: bool) -> Any:
    """Fit the regression to the channels of all networks, and combine it with the networks.

    Only the first of the sets has cries.

    Returns:
        A Keras model: float32 [n, 214, 64] in, the logit [n, 1] out.
    """
    layers = tf.keras.layers
    log_mel = layers.Input(networks[0].inputs[0].shape[1:], name="log_mel")
    outputs = [
        decision_inputs(network, f"network_{k}", has_teacher=has_teacher)(log_mel) for k, network in enumerate(networks)
    ]
    channels, teacher_logits, own_logits = zip(*outputs, strict=True)
    columns = layers.Concatenate(name="columns")([*channels, *teacher_logits])
    unpenalised = sum(logit.shape[-1] for logit in teacher_logits)
    cries, *others = sets
    clear = [cries, *(windows.every(OTHER_STEP) for windows in others)]
    to_muffle, rng = [windows.every(MUFFLED_STEP) for windows in clear], np.random.default_rng(MUFFLING_SEED)
    features = np.concatenate(
        [*(windows.features.astype(np.float32) for windows in clear), *(muffled(windows, rng) for windows in to_muffle)]
    )
    labels = np.concatenate([windows.labels > 0 for windows in (*clear, *to_muffle)])
    design = tf.keras.Model(log_mel, columns).predict(features, batch_size=64, verbose=0)
    weights, bias = ridge_logistic(design, labels, RIDGE, unpenalised)
    regression = layers.Dense(1, name="decision")
    logit = agreed(regression(columns), sum(own_logits) / len(networks))
    regression.set_weights([weights[:, np.newaxis].astype(np.float32), np.array([bias], np.float32)])
    return tf.keras.Model(log_mel, logit)


def agreed(one: Any, other: Any) -> Any:
    """Return the logit that two judges with logits of shape [n, 1] agree on: a little below the lower of the two.

    It is -log(exp(-one) + exp(-other)): the odds against a cry are the sum of both judges' odds against it.
    """
    ops = tf.keras.ops
    return ops.minimum(one, other) - ops.log(1 + ops.exp(-ops.absolute(one - other)))


def muffled(windows: TrainingWindows, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return the windows without everything above 3 to 5 kHz, as a telephone records: float32 [n, 214, 64]."""
    features = windows.features.astype(np.float32)
    for window in features:
        muffle(window, rng)
    return features
