"""A network's answers for clips of several labels, and figures of merit for them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, precision_recall_curve

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers for some clips."""

    scores: FloatArray  # (n, labels): probabilities, each row sums to 1
    truth: IntArray  # (n,): the clips' labels
    cross_entropy: float  # mean over the clips, in nats

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
        labels = range(self.scores.shape[1])
        return np.asarray(confusion_matrix(self.truth, np.argmax(self.scores, axis=1), labels=labels), np.int64)


def precision_recall(scores: FloatArray, positive: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return recall and precision for one label at every different score, from the highest down.

    At least one clip must have the label.
    """
    precision, recall, _ = precision_recall_curve(positive, scores)
    # The last point of scikit-learn's curve is recall 0, which no threshold has.
    return np.flip(recall[:-1]), np.flip(precision[:-1])


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often clips with similar scores for a label had that label, by bins of the score; NaN in an empty bin."""

    mean_score: FloatArray  # (bins,): mean score of the clips in a bin
    share_true: FloatArray  # (bins,): share of them that have the label
    clips: IntArray  # (bins,): number of clips

    @property
    def expected_calibration_error(self) -> float:
        """Return the distance between mean score and true share, averaged over the clips."""
        filled = self.clips > 0
        distance = np.abs(self.mean_score[filled] - self.share_true[filled])
        return float(np.average(distance, weights=self.clips[filled]))


def reliability(scores: FloatArray, positive: npt.NDArray[np.bool_], bins: int = 10) -> Reliability:
    """Sort clips into bins of equal width by their score for one label, from 0 to 1."""
    place = np.minimum((scores * bins).astype(np.int64), bins - 1)
    clips = np.bincount(place, minlength=bins).astype(np.int64)
    with np.errstate(invalid="ignore"):
        mean_score = np.bincount(place, weights=scores, minlength=bins) / clips
        share_true = np.bincount(place, weights=positive.astype(np.float64), minlength=bins) / clips
    return Reliability(mean_score, share_true, clips)
