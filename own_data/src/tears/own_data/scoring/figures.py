"""Compute figures of merit from scores and labels. AUC and F1 load scikit-learn, an extra, when they are called."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]


def auc(scores: Scores, labels: Labels) -> float:
    """Return the area under the ROC curve: how often a cry scores above another sound; ties count half.

    Args:
        scores: float64 of shape [n].
        labels: bool of shape [n], True for crying; both classes occur.
    """
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - an extra, and a second to load

    return float(roc_auc_score(labels, scores))


def best_f1(scores: Scores, labels: Labels) -> float:
    """Return the highest F1 over all thresholds."""
    from sklearn.metrics import precision_recall_curve  # noqa: PLC0415 - an extra, as above

    precision, recall, _ = precision_recall_curve(labels, scores)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)))


def threshold_at_fpr(scores: Scores, labels: Labels, rate: float) -> float:
    """Return the lowest threshold above which at most `rate` of the other sounds score."""
    negatives = np.sort(scores[~labels])[::-1]
    return float(negatives[min(int(rate * len(negatives)), len(negatives) - 1)])


def recall_at_fpr(scores: Scores, labels: Labels, rate: float) -> float:
    """Return the share of cries that score above the threshold at this rate of false positives."""
    return float(np.mean(scores[labels] > threshold_at_fpr(scores, labels, rate)))


def expected_calibration_error(scores: Scores, labels: Labels, bins: int = 10) -> float:
    """Return how far scores are, on average, from the share of cries among clips with that score (Guo et al., 2017).

    Scores, in [0, 1], are equal if they fall into the same of `bins` bins of equal width.
    """
    bin_of = np.minimum((scores * bins).astype(np.int64), bins - 1)
    off = [abs(float(np.sum(scores[bin_of == k] - labels[bin_of == k]))) for k in range(bins)]
    return sum(off) / len(scores)


def bootstrap_interval(
    figure: Callable[[Scores, Labels], float],
    scores: Scores,
    labels: Labels,
    recordings: Sequence[str],
    draws: int = 500,
    seed: int = 1,
) -> tuple[float, float]:
    """Return the middle 95 % of a figure over bootstrap samples of whole recordings.

    Recordings are drawn and not clips, because the clips of one recording are not independent evidence.
    """
    rng = np.random.default_rng(seed)
    names, index = np.unique(np.asarray(recordings), return_inverse=True)
    rows_of = [np.flatnonzero(index == k) for k in range(len(names))]
    figures: list[float] = []
    while len(figures) < draws:
        rows = np.concatenate([rows_of[k] for k in rng.integers(0, len(names), len(names))])
        if labels[rows].any() and not labels[rows].all():
            figures.append(figure(scores[rows], labels[rows]))
    low, high = np.percentile(figures, [2.5, 97.5])
    return float(low), float(high)
