"""Measure how well a model tells cries apart in a parent's own clips, and whether another model is better. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from tears.own_data.scoring.figures import Labels, Scores, auc, bootstrap_interval, recall_at_fpr

# With fewer clips, a rate of false positives cannot be measured: 1 % of 100 is one clip.
LEAST_CLIPS_FOR_RATE: Final = {0.01: 100, 0.05: 20}
# A model that gains at the threshold may lose this much in AUC.
AUC_SLACK: Final = 0.01
# A model whose share of false alarms on sounds of any home rises by more than this has unlearnt these sounds.
REHEARSAL_SLACK: Final = 0.01
_LEAST_PROBABILITY: Final = 1e-6
_EQUAL: Final = 1e-9


@dataclass(frozen=True, slots=True)
class MeritFigure:
    """A figure of merit with the middle 95 % of a bootstrap by recording; None if there are too few clips."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """Return the figure as it is printed in tables."""
        if self.value is None:
            return "too few clips"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Merit:
    """The figures of a model on clips that were held out.

    Attributes:
        auc: How often a cry scores above another sound.
        recall_at_1: The share of cries that are found if 1 % of the other clips may be taken for cries.
        recall_at_5: The same with 5 %.
        heard: The share of cries at or above the policy's threshold.
        false_alarms: The share of other clips at or above it.
        accuracy: The mean of `heard` and of the share of other clips below the threshold.
        cross_entropy: How far the scores are from the truth; both classes have the same weight.
        rehearsal_alarms: The share of generated sounds of any home at or above the threshold.
    """

    auc: MeritFigure
    recall_at_1: MeritFigure
    recall_at_5: MeritFigure
    heard: MeritFigure
    false_alarms: MeritFigure
    accuracy: MeritFigure
    cross_entropy: MeritFigure
    rehearsal_alarms: float


MERIT_ROWS: Final = (
    ("AUC", "auc"),
    ("recall at 1 % false positives", "recall_at_1"),
    ("recall at 5 % false positives", "recall_at_5"),
    ("cries heard at the threshold", "heard"),
    ("false alarms at the threshold", "false_alarms"),
    ("accuracy at the threshold", "accuracy"),
    ("cross entropy", "cross_entropy"),
)


def merit_of(
    scores: Scores, labels: Labels, recordings: Sequence[str], threshold: float, rehearsal: Scores | None = None
) -> Merit:
    """Compute the figures of a model.

    Args:
        scores: float64 of shape [n], of crying.
        labels: bool of shape [n], True for crying; both classes occur.
        recordings: The recording that each clip was cut from.
        threshold: The threshold of the alert policy.
        rehearsal: Scores of generated sounds without crying, if there are any.
    """

    def figure(of: Callable[[Scores, Labels], float]) -> MeritFigure:
        low, high = bootstrap_interval(of, scores, labels, recordings)
        return MeritFigure(of(scores, labels), low, high)

    def at_rate(rate: float) -> MeritFigure:
        is_enough = int((~labels).sum()) >= LEAST_CLIPS_FOR_RATE[rate]
        return figure(partial(recall_at_fpr, rate=rate)) if is_enough else MeritFigure(None)

    return Merit(
        auc=figure(auc),
        recall_at_1=at_rate(0.01),
        recall_at_5=at_rate(0.05),
        heard=figure(lambda drawn, is_cry: float(np.mean(drawn[is_cry] >= threshold))),
        false_alarms=figure(lambda drawn, is_cry: float(np.mean(drawn[~is_cry] >= threshold))),
        accuracy=figure(partial(accuracy, threshold=threshold)),
        cross_entropy=figure(cross_entropy),
        rehearsal_alarms=0.0 if rehearsal is None or not len(rehearsal) else float(np.mean(rehearsal >= threshold)),
    )


def accuracy(scores: Scores, labels: Labels, threshold: float) -> float:
    """Return the mean of the share of cries and the share of other clips that are classified correctly."""
    is_alarm = scores >= threshold
    return float((np.mean(is_alarm[labels]) + np.mean(~is_alarm[~labels])) / 2)


def cross_entropy(scores: Scores, labels: Labels) -> float:
    """Return the mean of the cross entropies of the cries and of the other clips, in nats."""
    kept = np.clip(scores, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    return float((np.mean(-np.log(kept[labels])) + np.mean(-np.log(1 - kept[~labels]))) / 2)


def gain_interval(
    new: Scores, old: Scores, labels: Labels, recordings: Sequence[str], threshold: float
) -> tuple[float, float]:
    """Return the middle 95 % of the gain in accuracy at the threshold, with both models on the same recordings."""
    both = np.stack([new, old], axis=1)

    def gained(scores: Scores, is_cry: Labels) -> float:
        return accuracy(scores[:, 0], is_cry, threshold) - accuracy(scores[:, 1], is_cry, threshold)

    return bootstrap_interval(gained, both, labels, recordings)


def is_better(new: Merit, old: Merit) -> tuple[bool, str]:
    """Return whether the new model should replace the old one, and why.

    The accuracy at the policy's threshold decides, because alerts depend on it. If it is equal, the AUC decides, and if
    that is equal too, the cross entropy. A model that has unlearnt the sounds of any home, or that loses much AUC, is
    never better.
    """
    if new.rehearsal_alarms > old.rehearsal_alarms + REHEARSAL_SLACK:
        return False, (
            f"it takes {new.rehearsal_alarms:.1%} of made-up sounds for cries, and the other {old.rehearsal_alarms:.1%}"
        )
    if _value(new.auc) < _value(old.auc) - AUC_SLACK:
        return False, f"its AUC is {_value(new.auc):.3f}, and the other's {_value(old.auc):.3f}"
    for name, figure, other, sign in (
        ("accuracy at the threshold", new.accuracy, old.accuracy, 1),
        ("AUC", new.auc, old.auc, 1),
        ("cross entropy", new.cross_entropy, old.cross_entropy, -1),
    ):
        gained = sign * (_value(figure) - _value(other))
        if abs(gained) > _EQUAL:
            return gained > 0, f"its {name} is {_value(figure):.3f}, and the other's {_value(other):.3f}"
    return False, "both models give every clip the same answer"


def _value(figure: MeritFigure) -> float:
    return figure.value if figure.value is not None else float("nan")
