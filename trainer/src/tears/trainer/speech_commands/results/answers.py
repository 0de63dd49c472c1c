"""A network's answers for clips of several labels, and figures of merit for them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers for some clips.

    Attributes:
        scores: float64, (n, labels): probabilities, each row sums to 1.
        truth: int64, (n,): the clips' labels.
        cross_entropy: Mean over the clips, in nats.
    """

    scores: FloatArray
    truth: IntArray
    cross_entropy: float

    @classmethod
    def from_logits(cls, logits: FloatArray, truth: IntArray) -> Self:
        """Return the answers for logits, float64 of shape (n, labels)."""
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_scores = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return cls(np.exp(log_scores), truth, float(-log_scores[np.arange(len(truth)), truth].mean()))

    @property
    def accuracy(self) -> float:
        """Return the share of clips whose own label has the highest score."""
        return float(np.mean(np.argmax(self.scores, axis=1) == self.truth))

    def confusion(self) -> IntArray:
        """Return the confusion matrix, int64, (labels, labels): a row for each true label, a column for each answer."""
        labels = self.scores.shape[1]
        places = self.truth * labels + np.argmax(self.scores, axis=1)
        return np.bincount(places, minlength=labels * labels).reshape(labels, labels).astype(np.int64)


def precision_recall(scores: FloatArray, positive: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return recall and precision at every threshold, from the highest score down.

    Args:
        scores: float64, (n,), of one label.
        positive: bool, (n,), which clips have the label; at least one.

    Returns:
        Recall and precision, float64, one for each different score.
    """
    precision, recall, _ = precision_recall_curve(positive, scores)
    # The last point of scikit-learn's curve is recall 0, which no threshold has.
    return np.flip(recall[:-1]), np.flip(precision[:-1])


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often clips with similar scores for a label had that label, by bins of the score.

    Attributes:
        mean_score: float64, (bins,): mean score of the clips in a bin; NaN in an empty bin.
        share_true: float64, (bins,): share of them that have the label; NaN in an empty bin.
        clips: int64, (bins,): number of clips.
    """

    mean_score: FloatArray
    share_true: FloatArray
    clips: IntArray

    @property
    def expected_calibration_error(self) -> float:
        """Return the distance between mean score and true share, averaged over the clips."""
        filled = self.clips > 0
        distance = np.abs(self.mean_score[filled] - self.share_true[filled])
        return float(np.average(distance, weights=self.clips[filled]))


def reliability(scores: FloatArray, positive: npt.NDArray[np.bool_], bins: int = 10) -> Reliability:
    """Sort clips into bins of equal width by their score for one label.

    Args:
        scores: float64, (n,), in [0, 1].
        positive: bool, (n,), which clips have the label.
        bins: Number of bins.
    """
    place = np.minimum((scores * bins).astype(np.int64), bins - 1)
    clips = np.bincount(place, minlength=bins).astype(np.int64)
    with np.errstate(invalid="ignore"):
        mean_score = np.bincount(place, weights=scores, minlength=bins) / clips
        share_true = np.bincount(place, weights=positive.astype(np.float64), minlength=bins) / clips
    return Reliability(mean_score, share_true, clips)
