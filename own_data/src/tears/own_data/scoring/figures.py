"""Figures of merit of a detector, from scores and labels."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]


def auc(scores: Scores, labels: Labels) -> float:
    """Area under the receiver's curve: how often a cry scores above something else; ties count half.

    Args:
        scores: float64 of shape [n].
        labels: bool of shape [n], True for crying.
    """
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    _, first, counts = np.unique(scores[order], return_index=True, return_counts=True)
    # Equal scores share the mean of their ranks.
    ranks[order] = np.repeat(first + (counts + 1) / 2, counts)
    positives, negatives = int(labels.sum()), int((~labels).sum())
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def threshold_at_fpr(scores: Scores, labels: Labels, rate: float) -> float:
    """The highest score of an "other" that must stay silent: at most ``rate`` of them score above it."""
    negatives = np.sort(scores[~labels])[::-1]
    return float(negatives[min(int(rate * len(negatives)), len(negatives) - 1)])


def recall_at_fpr(scores: Scores, labels: Labels, rate: float) -> float:
    """The share of cries that score above the threshold at this rate of false positives."""
    return float(np.mean(scores[labels] > threshold_at_fpr(scores, labels, rate)))


def best_f1(scores: Scores, labels: Labels) -> float:
    """The highest F1 over all thresholds."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(labels[order])
    told = np.arange(1, len(scores) + 1)
    last_of_ties = np.append(np.diff(scores[order]) != 0, [True])
    return float(np.max((2 * hits / (told + labels.sum()))[last_of_ties]))


def expected_calibration_error(scores: Scores, labels: Labels, bins: int = 10) -> float:
    """How far, on average, scores stand off the share of cries among those who got them (Guo et al., 2017).

    Args:
        scores: float64 of shape [n], in [0, 1].
        labels: bool of shape [n], True for crying.
        bins: Of equal width, over [0, 1].
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
    """The middle 95 % of a figure when whole recordings are drawn anew: slices of one recording are no new evidence."""
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
