"""Compute the figures of a model and its baselines from their scores of clips."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from tears.own_data.scoring.figures import (
    Labels,
    Scores,
    auc,
    best_f1,
    bootstrap_interval,
    expected_calibration_error,
    recall_at_fpr,
    threshold_at_fpr,
)
from tears.policy.parameters import Policy
from tears.trainer.evaluation.scorers import THIS_MODEL
from tears.trainer.evaluation.threshold_figures import threshold_figures
from tears.trainer.manifest import DatasetClip

FALSE_POSITIVE_RATES: Final = (0.01, 0.05)
MUFFLED_RATE: Final = 0.05


def false_positives_when_muffled(scores: Scores, labels: Labels, muffled: Scores) -> float:
    """Return the rate of false positives when the other sounds lose everything above 3.6 kHz.

    The threshold is that of 5 % false positives among the unchanged clips. Most cries were recorded at 8 or 16 kHz, so
    this rate is high for a model that recognises cries by their bandwidth.
    """
    return float(np.mean(muffled > threshold_at_fpr(scores, labels, MUFFLED_RATE)))


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


def clip_figures(clips: Sequence[DatasetClip], scores: Mapping[str, Scores], groups: Sequence[str]) -> dict[str, Any]:
    """Return the figures of the model and its baselines on clips of one split.

    The scores are float64 of shape [len(clips)], by the scorer's name, and the groups are those of the clips' sources.
    The result has the numbers of clips, the model's counts at the alerter's threshold, the figures of each scorer, and
    of the model its recall by source at 1 % false positives, what it mistakes most, and its expected calibration error.
    """
    labels = labels_of(clips)
    recordings = [clip.original_recording for clip in clips]
    ours = scores[THIS_MODEL]
    return {
        "crying": int(labels.sum()),
        "other": int((~labels).sum()),
        "at_threshold": threshold_figures(clips, ours, groups, Policy().open_threshold),
        "scorers": {name: scorer_figures(values, labels, recordings) for name, values in scores.items()},
        "by_source": recall_by_source(ours, clips, FALSE_POSITIVE_RATES[0]),
        "most_mistaken": most_mistaken(ours, clips, 6),
        "calibration_error": round(expected_calibration_error(ours, labels), 4),
    }


def scorer_figures(scores: Scores, labels: Labels, recordings: Sequence[str]) -> dict[str, Any]:
    """Return best F1, and AUC and recalls each with the middle 95 % of a bootstrap over recordings."""
    figures: dict[str, Any] = {"best_f1": round(best_f1(scores, labels), 3)}
    recalls = {f"recall_{rate}": functools.partial(recall_at_fpr, rate=rate) for rate in FALSE_POSITIVE_RATES}
    for name, measure in ({"auc": auc} | recalls).items():
        low, high = bootstrap_interval(measure, scores, labels, recordings)
        figures[name] = [round(measure(scores, labels), 4), round(low, 4), round(high, 4)]
    return figures


def variant_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures that the tables of variants show: AUC without its interval, and both recalls with theirs."""
    return {"auc": figures["auc"][0]} | {name: figures[name] for name in ("recall_0.01", "recall_0.05")}


def robustness_figures(
    clips: Sequence[DatasetClip], scores: Scores, changed: Mapping[str, Scores], muffled: Scores
) -> dict[str, Any]:
    """Return the median score of the cries under each change, and the false positives among muffled other sounds.

    The muffled sounds are counted at the threshold of 5 % false positives, and at the alerter's threshold beside the
    same sounds as they are.

    Args:
        clips: Clips of one split.
        scores: Their scores as they are, float64 of shape [len(clips)].
        changed: The scores of the cries under each change, float64 of shape [cries].
        muffled: The scores of the muffled other sounds, float64 of shape [others].
    """
    labels, threshold = labels_of(clips), Policy().open_threshold
    return {
        "median_scores": {name: round(float(np.median(of)), 4) for name, of in changed.items()},
        "muffled_false_positives": round(false_positives_when_muffled(scores, labels, muffled), 4),
        "muffled_at_threshold": {
            "threshold": threshold,
            "false": int(np.sum(scores[~labels] >= threshold)),
            "false_muffled": int(np.sum(muffled >= threshold)),
            "other": len(muffled),
        },
    }
