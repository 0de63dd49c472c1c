"""Logistic regressions: with a penalty for the decision, and Platt's for the calibration of its logits."""

from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

# The penalty of a free column. It is not 0, or a column that separates the labels perfectly would grow forever.
FREE_RIDGE: Final = 1e-6


def ridge_logistic(
    features: npt.NDArray[np.float32], labels: npt.NDArray[np.bool_], ridge: float, free: int = 0
) -> tuple[npt.NDArray[np.float64], float]:
    """Fit a logistic regression with a squared penalty, for many columns and a few thousand rows.

    It minimises the mean loss + ridge / 2 |w|^2, where w are the weights of the standardised columns, so that the
    penalty does not depend on a column's unit. The bias has no penalty.

    Args:
        features: float32 of shape [n, d].
        labels: bool of shape [n].
        ridge: The penalty.
        free: How many of the last columns have practically no penalty.

    Returns:
        Weights, float64 of shape [d], and bias, both for features that are not standardised.
    """
    ridge = max(ridge, FREE_RIDGE)
    centre, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64) + 1e-6
    # A column that is scaled up by s needs a weight that is smaller by s, so its penalty falls by s squared.
    spread[len(spread) - free :] *= np.sqrt(FREE_RIDGE / ridge)
    model = LogisticRegression(C=1 / (ridge * len(labels)), solver="newton-cholesky", tol=1e-8)
    model.fit((features - centre) / spread, labels)
    weights = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - centre @ weights)


def platt(
    logits: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_], *, balanced: bool = True
) -> tuple[float, float]:
    """Find the scale and offset for which sigmoid(scale * logit + offset) fits the labels best.

    The targets are not 0 and 1 but Platt's soft targets, so that the scale stays finite when the classes are perfectly
    separated (Platt, Probabilistic outputs for support vector machines, 1999).

    Args:
        logits: float64 of shape [n].
        labels: bool of shape [n], True for crying.
        balanced: Whether both classes count the same, even if one has more clips.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    weights = np.where(labels, 0.5 / positives, 0.5 / negatives) if balanced else np.full(len(labels), 1 / len(labels))
    # A soft target t is t of a positive example and 1 - t of a negative one.
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
    model.fit(
        np.tile(logits, 2)[:, np.newaxis],
        np.repeat([True, False], len(logits)),
        sample_weight=np.concatenate([weights * targets, weights * (1 - targets)]),
    )
    return float(model.coef_[0, 0]), float(model.intercept_[0])
