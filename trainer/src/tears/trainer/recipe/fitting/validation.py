"""Figures of a network on windows that it does not learn from. Needs TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.own_data.scoring.figures import auc, recall_at_fpr


@dataclass(frozen=True)
class ValidationWindows:
    """Windows that the figures are computed on: float32 [n, 214, 64], and bool [n], True for crying."""

    name: str
    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]


def figures_text(network: Any, validation: Sequence[ValidationWindows]) -> str:
    """Return the figures of the network's first output, as the end of a printed line."""
    text = ""
    for group in validation:
        logits = window_logits(network, group.features)
        text += (
            f"; {group.name}: AUC {auc(logits, group.labels):.4f}, "
            f"recall {recall_at_fpr(logits, group.labels, 0.01):.3f} at 1 % false positives"
        )
    return text


def window_logits(network: Any, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the network's first output for each window, float64 of shape [n]."""
    logits = tf.keras.Model(network.inputs, network.outputs[0]).predict(features, batch_size=64, verbose=0)
    return np.asarray(logits, dtype=np.float64)[:, 0]
