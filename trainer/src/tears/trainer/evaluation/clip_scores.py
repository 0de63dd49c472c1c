"""Score clips, and look at where the scores are wrong."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tears.own_data.scoring.figures import Labels, Scores, threshold_at_fpr
from tears.trainer.augmentation.acoustics import low_passed
from tears.trainer.evaluation.scorers import WindowScorer
from tears.trainer.manifest import DatasetClip, read_clip

MUFFLED_HZ: Final = 3600.0
MUFFLED_RATE: Final = 0.05


def score_clips(scorer: WindowScorer, clips: Sequence[DatasetClip]) -> Scores:
    """Return the scores of clips, float64 of shape [len(clips)]."""
    return np.array([scorer.score(read_clip(clip)) for clip in clips], dtype=np.float64)


def false_positives_when_muffled(scorer: WindowScorer, scores: Scores, clips: Sequence[DatasetClip]) -> float:
    """Return the rate of false positives when the other sounds lose everything above 3.6 kHz.

    The threshold is that of 5 % false positives among the unchanged clips. Most cries were recorded at 8 or 16 kHz, so
    this rate is high for a model that recognises cries by their bandwidth.
    """
    threshold = threshold_at_fpr(scores, labels_of(clips), MUFFLED_RATE)
    others = [clip for clip in clips if not clip.is_crying]
    muffled = [scorer.score(low_passed(read_clip(clip), MUFFLED_HZ)) for clip in others]
    return float(np.mean(np.array(muffled) > threshold))


def labels_of(clips: Sequence[DatasetClip]) -> Labels:
    """Return whether each clip is crying, bool of shape [len(clips)]."""
    return np.array([clip.is_crying for clip in clips])


def recall_by_source(scores: Scores, clips: Sequence[DatasetClip], rate: float) -> dict[str, tuple[int, int]]:
    """Return cries found and cries in all for each kind of source, at the threshold of this rate of false positives."""
    threshold = threshold_at_fpr(scores, labels_of(clips), rate)
    counts: dict[str, tuple[int, int]] = {}
    for score, clip in zip(scores, clips, strict=True):
        if clip.is_crying:
            source = clip.source.split(":")[0]
            found, total = counts.get(source, (0, 0))
            counts[source] = found + int(score > threshold), total + 1
    return counts


def most_mistaken(scores: Scores, clips: Sequence[DatasetClip], count: int = 8) -> list[tuple[float, str]]:
    """Return the other sounds that score highest, the highest first."""
    others = [(float(s), f"{c.category} ({c.source})") for s, c in zip(scores, clips, strict=True) if not c.is_crying]
    return sorted(others, reverse=True)[:count]
