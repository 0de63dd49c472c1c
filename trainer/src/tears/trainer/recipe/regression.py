"""Logistic regression held back by a penalty: for many columns and few thousand rows."""

from typing import Final

import numpy as np
import numpy.typing as npt

NEWTON_STEPS: Final = 12
FREE_RIDGE: Final = 1e-6
_LOGIT_BOUND: Final = 30.0

Vector = npt.NDArray[np.float64]


def ridge_logistic(
    features: npt.NDArray[np.float32], labels: npt.NDArray[np.bool_], ridge: float, free: int = 0
) -> tuple[Vector, float]:
    """A logistic regression with a squared penalty, by Newton's method.

    It minimises the mean loss + ridge / 2 |w|^2, w being the weights of the columns standardised, so that the penalty
    bears on all alike; the bias is free.

    Args:
        features: float32 of shape [n, d].
        labels: bool of shape [n].
        ridge: The penalty.
        free: So many of the last columns are not held back, like the bias.

    Returns:
        Weights, float64 of shape [d], and bias, for features as they came.
    """
    centre, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64) + 1e-6
    design = np.ones((len(features), features.shape[1] + 1), np.float32)
    design[:, :-1] = (features - centre) / spread
    penalty = np.full(design.shape[1], ridge)
    # The bias is the last of them. Not nought, or what parts perfectly would have no end.
    penalty[-1 - free :] = FREE_RIDGE
    weights = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(design @ weights, -_LOGIT_BOUND, _LOGIT_BOUND)))
        gradient = design.T @ (probability - labels) / len(labels) + penalty * weights
        curvature = (design * (probability * (1 - probability))[:, np.newaxis].astype(np.float32)).T @ design
        weights -= np.linalg.solve(curvature / len(labels) + np.diag(penalty), gradient)
    scaled = weights[:-1] / spread
    return scaled, float(weights[-1] - centre @ scaled)
