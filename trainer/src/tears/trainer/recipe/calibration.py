"""Platt's calibration of the decision's logits."""

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression


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
