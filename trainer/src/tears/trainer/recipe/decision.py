"""What the served score stands on: what the networks say, and a ridge regression on what they hear by. Both must agree.

The channels before a network's outputs were learnt from all sounds alike, mostly from YAMNet's embedding, and one of
its outputs is what YAMNet would make of a baby's cry, learnt from millions of clips. The regression may lean on the
latter as it likes; what the channels add or take away is held back by a penalty. The network's own outputs were fitted
to the few hundred recordings of cries alone. The two are mistaken by different sounds: the regression less on the
validation split, the networks on sources of cries that were left out of training. Needs TensorFlow.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.trainer.recipe.fitting import muffle
from tears.trainer.recipe.ridge_regression import ridge_logistic
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.yamnet import BABY_CRY

RIDGE: Final = 0.1
# Of the sets without cries every fourth window.
OTHER_STEP: Final = 4
# Of all of these every third once more, without what lies above 3 to 5 kHz: one in four, as the networks heard them.
MUFFLED_STEP: Final = 3
MUFFLING_SEED: Final = 5
# No score is nearer to 0 or 1 than this, so that each has a logit.
LEAST_SCORE: Final = 1e-5


def pooled(network: Any, name: str, *, taught: bool) -> Any:
    """A network up to what is decided by.

    Args:
        network: As `build_network` makes it, trained.
        name: Of the model that is returned.
        taught: Whether it had a teacher.

    Returns:
        A Keras model: float32 [n, 214, 64] in; out are mean and maximum of the channels over the window's ninths,
        [n, 8 * width]; the logit of what the teacher's score of a baby's cry would be, as a mean over the ninths,
        [n, 1], or [n, 0] without a teacher; and the network's own logit, [n, 1]: halfway between that of the window
        and the mean of its spans', since what cries on and on is seldom a door.
    """
    layers = tf.keras.layers
    spans = tf.keras.ops.mean(network.get_layer("spans").output, axis=1, keepdims=True)
    own = 0.5 * (network.get_layer("window_logit").output + spans)
    ninths = network.get_layer("embedding").input  # [n, 9, 4 * width]
    channels = layers.Concatenate()([layers.GlobalAveragePooling1D()(ninths), layers.GlobalMaxPooling1D()(ninths)])
    if not taught:
        return tf.keras.Model(network.inputs, [channels, channels[:, :0], own], name=name)
    kernel, bias = network.get_layer("taught_logits").get_weights()
    score = layers.Conv1D(1, 1, activation="sigmoid", name="baby_cry")
    mean = layers.GlobalAveragePooling1D()(score(ninths))  # [n, 1]
    score.set_weights([kernel[:, :, BABY_CRY : BABY_CRY + 1], bias[BABY_CRY : BABY_CRY + 1]])
    mean = tf.keras.ops.clip(mean, LEAST_SCORE, 1 - LEAST_SCORE)
    logit = tf.keras.ops.log(mean) - tf.keras.ops.log(1 - mean)
    return tf.keras.Model(network.inputs, [channels, logit, own], name=name)


def decide(networks: Sequence[Any], sets: Sequence[TrainingWindows], *, taught: bool) -> Any:
    """Fits the regression.

    Args:
        networks: As `build_network` makes them, trained; the regression stands on all of them.
        sets: Composed windows; cries are in the first.
        taught: Whether the networks had a teacher.

    Returns:
        A Keras model: float32 [n, 214, 64] in, the logit [n, 1] out.
    """
    layers = tf.keras.layers
    log_mel = layers.Input(networks[0].inputs[0].shape[1:], name="log_mel")
    heard = [pooled(network, f"network_{k}", taught=taught)(log_mel) for k, network in enumerate(networks)]
    columns = layers.Concatenate(name="heard")([channels for channels, _, _ in heard] + [told for _, told, _ in heard])
    free = sum(told.shape[-1] for _, told, _ in heard)
    cries, *others = sets
    fitted = [cries, *(windows.every(OTHER_STEP) for windows in others)]
    again, rng = [windows.every(MUFFLED_STEP) for windows in fitted], np.random.default_rng(MUFFLING_SEED)
    clear = [windows.features.astype(np.float32) for windows in fitted]
    features = np.concatenate([*clear, *(muffled(windows, rng) for windows in again)])
    labels = np.concatenate([windows.labels > 0 for windows in (*fitted, *again)])
    columns_of = tf.keras.Model(log_mel, columns).predict(features, batch_size=64, verbose=0)
    weights, bias = ridge_logistic(columns_of, labels, RIDGE, free)
    regression = layers.Dense(1, name="decision")
    own = sum(own for _, _, own in heard) / len(networks)
    logit = both(regression(columns), own)
    regression.set_weights([weights[:, np.newaxis].astype(np.float32), np.array([bias], np.float32)])
    return tf.keras.Model(log_mel, logit)


def both(one: Any, other: Any) -> Any:
    """The logit of what two judges with logits of shape [n, 1] agree on: near the lower of the two, and below it.

    It is -log(exp(-one) + exp(-other)): the odds against a cry are the sum of both judges' odds against it.
    """
    ops = tf.keras.ops
    return ops.minimum(one, other) - ops.log(1 + ops.exp(-ops.absolute(one - other)))


def muffled(windows: TrainingWindows, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Windows as a telephone hears them, without what lies above 3 to 5 kHz: float32 of shape [n, 214, 64]."""
    features = windows.features.astype(np.float32)
    for window in features:
        muffle(window, rng)
    return features
