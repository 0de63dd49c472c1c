"""Figures of merit of answers among several labels: pure."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Truth = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of some clips.

    Attributes:
        scores: float64, (n, labels): probabilities, each row sums to 1.
        truth: int64, (n,): the clips' labels.
        cross_entropy: Mean over the clips, in nats.
    """

    scores: Scores
    truth: Truth
    cross_entropy: float

    @property
    def accuracy(self) -> float:
        """The share of clips whose highest score is that of their label."""
        return float(np.mean(np.argmax(self.scores, axis=1) == self.truth))

    def confusion(self) -> npt.NDArray[np.int64]:
        """int64, (labels, labels): a row for each label, a column for each answer."""
        labels = self.scores.shape[1]
        places = self.truth * labels + np.argmax(self.scores, axis=1)
        return np.bincount(places, minlength=labels * labels).reshape(labels, labels).astype(np.int64)


def precision_recall(scores: Scores, positive: npt.NDArray[np.bool_]) -> tuple[Scores, Scores]:
    """Precision and recall at every threshold, from the highest score down.

    Args:
        scores: float64, (n,), of one label.
        positive: bool, (n,), which clips have it; at least one.

    Returns:
        Recall and precision, float64, one for each score that occurs.
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    # Clips of one score are told together, or not at all.
    last_of_ties = np.append(np.diff(scores[order]) != 0, [True])
    told = np.arange(1, len(scores) + 1)
    return (hits / hits[-1])[last_of_ties], (hits / told)[last_of_ties]


def average_precision(recall: Scores, precision: Scores) -> float:
    """The area under the steps of a precision-recall curve."""
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often a label was true among clips of about one score.

    Attributes:
        mean_score: float64, (bins,): what was said; NaN where a bin is empty.
        share_true: float64, (bins,): what was so; likewise.
        clips: int64, (bins,).
    """

    mean_score: Scores
    share_true: Scores
    clips: npt.NDArray[np.int64]

    @property
    def expected_calibration_error(self) -> float:
        """The distance between the two, averaged over the clips."""
        filled = self.clips > 0
        distance = np.abs(self.mean_score[filled] - self.share_true[filled])
        return float(np.average(distance, weights=self.clips[filled]))


def reliability(scores: Scores, positive: npt.NDArray[np.bool_], bins: int = 10) -> Reliability:
    """Sorts clips into bins of equal width by their score for one label.

    Args:
        scores: float64, (n,), in [0, 1].
        positive: bool, (n,), which clips have the label.
        bins: How many.
    """
    place = np.minimum((scores * bins).astype(np.int64), bins - 1)
    clips = np.bincount(place, minlength=bins).astype(np.int64)
    with np.errstate(invalid="ignore"):
        mean_score = np.bincount(place, weights=scores, minlength=bins) / clips
        share_true = np.bincount(place, weights=positive.astype(np.float64), minlength=bins) / clips
    return Reliability(mean_score, share_true, clips)
