"""How well a model tells a parent's own clips apart, and whether one does better than another. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from tears.own_data.scoring.figures import Labels, Scores, auc, bootstrap_interval, recall_at_fpr

# Of fewer clips a rate of false positives cannot be read off: at 1 % of 100 it is one clip.
LEAST_FOR_RATE: Final = {0.01: 100, 0.05: 20}
# What a model may lose in ranking where it gains at the threshold.
AUC_SLACK: Final = 0.01
# More false alarms than this on sounds that everybody has, and it has forgotten them.
REHEARSAL_SLACK: Final = 0.01
_LEAST_SCORE: Final = 1e-6
_EQUAL: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of merit with the middle 95 % of a bootstrap by recording; None: too few clips for it."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """As in tables."""
        if self.value is None:
            return "too few clips"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Merit:
    """A model on clips that were held out.

    Attributes:
        auc: How often a cry scores above something else.
        recall_at_1: Share of cries found where 1 % of the other clips are taken for cries.
        recall_at_5: Likewise, 5 %.
        heard: Share of cries at or above the policy's threshold.
        false_alarms: Share of other clips there.
        accuracy: The mean of `heard` and of what is not falsely alarmed of.
        cross_entropy: How far the scores are from the truth; both classes weigh alike.
        rehearsal_alarms: Share of made-up sounds of any home at or above the threshold.
    """

    auc: Figure
    recall_at_1: Figure
    recall_at_5: Figure
    heard: Figure
    false_alarms: Figure
    accuracy: Figure
    cross_entropy: Figure
    rehearsal_alarms: float


ROWS: Final = (
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
    """The figures of a model.

    Args:
        scores: float64 of shape [n], of crying.
        labels: bool of shape [n], True for crying; both kinds are there.
        recordings: Of which each clip is a slice.
        threshold: Of the alert policy.
        rehearsal: Scores of made-up sounds without crying; None for none.
    """

    def figure(of: Callable[[Scores, Labels], float]) -> Figure:
        low, high = bootstrap_interval(of, scores, labels, recordings)
        return Figure(of(scores, labels), low, high)

    def at_rate(rate: float) -> Figure:
        enough = int((~labels).sum()) >= LEAST_FOR_RATE[rate]
        return figure(partial(recall_at_fpr, rate=rate)) if enough else Figure(None)

    return Merit(
        auc=figure(auc),
        recall_at_1=at_rate(0.01),
        recall_at_5=at_rate(0.05),
        heard=figure(lambda s, told: float(np.mean(s[told] >= threshold))),
        false_alarms=figure(lambda s, told: float(np.mean(s[~told] >= threshold))),
        accuracy=figure(partial(accuracy, threshold=threshold)),
        cross_entropy=figure(cross_entropy),
        rehearsal_alarms=0.0 if rehearsal is None or not len(rehearsal) else float(np.mean(rehearsal >= threshold)),
    )


def accuracy(scores: Scores, labels: Labels, threshold: float) -> float:
    """The mean of the shares of cries and of other clips that are told rightly."""
    told = scores >= threshold
    return float((np.mean(told[labels]) + np.mean(~told[~labels])) / 2)


def cross_entropy(scores: Scores, labels: Labels) -> float:
    """Mean of the cries' and the other clips' cross entropy, in nats."""
    kept = np.clip(scores, _LEAST_SCORE, 1 - _LEAST_SCORE)
    return float((np.mean(-np.log(kept[labels])) + np.mean(-np.log(1 - kept[~labels]))) / 2)


def gain_interval(
    new: Scores, old: Scores, labels: Labels, recordings: Sequence[str], threshold: float
) -> tuple[float, float]:
    """The middle 95 % of what the accuracy at the threshold gains, both models on the same recordings."""
    both = np.stack([new, old], axis=1)

    def gained(scores: Scores, told: Labels) -> float:
        return accuracy(scores[:, 0], told, threshold) - accuracy(scores[:, 1], told, threshold)

    return bootstrap_interval(gained, both, labels, recordings)


def is_better(new: Merit, old: Merit) -> tuple[bool, str]:
    """Whether the new model is to take the old one's place, and why.

    What counts is what alerts: accuracy at the policy's threshold. Where that is equal the ranking decides, and where
    that is too, how sure the scores are. It must not have unlearnt what is no cry in any home.
    """
    if new.rehearsal_alarms > old.rehearsal_alarms + REHEARSAL_SLACK:
        return False, (
            f"it takes {new.rehearsal_alarms:.1%} of made-up sounds for cries, and the other {old.rehearsal_alarms:.1%}"
        )
    if _of(new.auc) < _of(old.auc) - AUC_SLACK:
        return False, f"its AUC is {_of(new.auc):.3f}, and the other's {_of(old.auc):.3f}"
    for name, figure, other, sign in (
        ("accuracy at the threshold", new.accuracy, old.accuracy, 1),
        ("AUC", new.auc, old.auc, 1),
        ("cross entropy", new.cross_entropy, old.cross_entropy, -1),
    ):
        gained = sign * (_of(figure) - _of(other))
        if abs(gained) > _EQUAL:
            return gained > 0, f"its {name} is {_of(figure):.3f}, and the other's {_of(other):.3f}"
    return False, "no clip tells the two apart"


def _of(figure: Figure) -> float:
    return figure.value if figure.value is not None else float("nan")
