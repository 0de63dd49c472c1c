"""From logits to probabilities: Platt's scaling."""

from typing import Final

import numpy as np
import numpy.typing as npt

CONVERGED: Final = 1e-9
NEWTON_STEPS: Final = 50


def platt(
    logits: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_], *, balanced: bool = True
) -> tuple[float, float]:
    """The scale and offset for which sigmoid(scale * logit + offset) fits the labels best.

    Newton's method on the log-likelihood, with Platt's soft targets so that a perfect separation stays finite.

    Args:
        logits: float64 of shape [n].
        labels: bool of shape [n], True for crying.
        balanced: Whether both classes weigh alike, however many there are of each.

    Returns:
        Scale and offset.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    shares = (0.5 / positives, 0.5 / negatives) if balanced else (1.0 / len(labels),) * 2
    weights = np.where(labels, *shares)
    design = np.stack([logits, np.ones_like(logits)], axis=1)
    parameters = np.array([1.0, 0.0])

    def loss(at: npt.NDArray[np.float64]) -> float:
        sums = design @ at
        return float(np.sum(weights * (np.logaddexp(0.0, sums) - targets * sums)))

    for _ in range(NEWTON_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(design @ parameters, -30, 30)))
        gradient = design.T @ (weights * (probability - targets))
        curvature = (design * (weights * probability * (1 - probability))[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        # Where the labels are parted all but perfectly a whole step goes too far.
        while loss(parameters - step) > loss(parameters) and np.max(np.abs(step)) >= CONVERGED:
            step /= 2
        parameters -= step
        if np.max(np.abs(step)) < CONVERGED:
            break
    return float(parameters[0]), float(parameters[1])
