"""The features that the served decision stands on, and its last layer. Needs TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.own_data.versions.decision_head import DecisionHead
from tears.trainer.teachers.mn04_outputs import MN04_BABY_CRY, MN04_NEAR_CRYING

# How much the network's own logits count beside its prediction of the teacher.
OWN_LOGITS_WEIGHT: Final = 0.75


@dataclass(frozen=True)
class Decision:
    """The features that the decision stands on, and its last layer, not yet calibrated."""

    features: Any  # a Keras model: float32 [n, 214, 64] to float32 [n, F]
    head: DecisionHead

    def logits(self, spectrograms: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the logit of crying of each window: float32 [n, 214, 64] to float64 [n]."""
        return self.head.logits(self.features.predict(spectrograms, batch_size=64, verbose=0))

    def calibrated(self, scale: float, offset: float) -> DecisionHead:
        """Return the head with Platt's scale and offset."""
        return replace(self.head, scale=scale, offset=offset)


def decide(network: Any, *, has_teacher: bool) -> Decision:
    """Combine the judges in a trained network: its prediction of the teacher, and its own logits.

    The logit of the decision is a weighted sum. The teacher learnt from two million clips, and knows babies and
    microphones that a few hundred recordings lack. The network's own logits, of the window and of its spans, were
    fitted to these recordings, and know the sounds in them that the teacher takes for cries; for an unknown baby they
    are of less use, so they count three quarters. Without a teacher the own logits decide alone. All other features
    have the weight 0: they are there for a head that is fitted to a home's own recordings.
    """
    features = decision_features(network)
    weights = np.zeros(features.output.shape[-1], np.float32)
    weights[-3:] = (OWN_LOGITS_WEIGHT, OWN_LOGITS_WEIGHT, 1.0) if has_teacher else (1.0, 1.0, 0.0)
    return Decision(features, DecisionHead(weights, bias=0.0))


def decision_features(network: Any) -> Any:
    """Build the part of a trained network of `build_network` that the decision needs.

    Returns:
        A Keras model: float32 [n, 214, 64] in; the features out, float32 [n, F]. They are the pooled channels; the
        predictions of the teacher's logits of sounds that are mistaken for a baby's cry; the mean of the spans' logits;
        the window's logit; and the prediction of the teacher's logit of a baby's cry.
    """
    layers = tf.keras.layers
    pooled = network.get_layer("pooled").output
    kernel, bias = network.get_layer("teacher_logits").get_weights()

    def predicted(classes: Sequence[int], name: str) -> Any:
        layer = layers.Dense(len(classes), name=name)
        output = layer(pooled)
        layer.set_weights([kernel[:, list(classes)], bias[list(classes)]])
        return output

    mistaken = predicted([number for number in MN04_NEAR_CRYING if number != MN04_BABY_CRY], "mistaken")
    spans = tf.keras.ops.mean(network.get_layer("spans").output, axis=1, keepdims=True)
    window = network.get_layer("window_logit").output
    parts = [pooled, mistaken, spans, window, predicted([MN04_BABY_CRY], "baby_cry")]
    return tf.keras.Model(network.inputs, layers.Concatenate(name="features")(parts))
