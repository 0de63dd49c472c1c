"""Platt's calibration of the decision's logits."""

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression


def platt(logits: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Find the scale and offset for which sigmoid(scale * logit + offset) fits the labels best.

    The targets are not 0 and 1 but Platt's soft targets, so that the scale stays finite when the classes are perfectly
    separated (Platt, Probabilistic outputs for support vector machines, 1999).

    Args:
        logits: float64 of shape [n].
        labels: bool of shape [n], True for crying.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    # A soft target t is t of a positive example and 1 - t of a negative one.
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
    model.fit(
        np.tile(logits, 2)[:, np.newaxis],
        np.repeat([True, False], len(logits)),
        sample_weight=np.concatenate([targets, 1 - targets]) / len(labels),
    )
    return float(model.coef_[0, 0]), float(model.intercept_[0])
