"""Figures of a model and its anchors on clips."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tears.own_data.scoring.figures import (
    Labels,
    Scores,
    auc,
    best_f1,
    bootstrap_interval,
    expected_calibration_error,
    recall_at_fpr,
)
from tears.trainer.evaluation.clip_scores import labels_of, most_mistaken, recall_by_source
from tears.trainer.evaluation.scorers import THIS_MODEL
from tears.trainer.manifest import DatasetClip

FALSE_POSITIVE_RATES: Final = (0.01, 0.05)


def clip_figures(clips: Sequence[DatasetClip], scores: Mapping[str, Scores]) -> dict[str, Any]:
    """Return the figures of the model and its anchors.

    Args:
        clips: The clips of one split.
        scores: float64 of shape [len(clips)] by the scorer's name.

    Returns:
        How many clips of each kind there are; the figures of each scorer; and of the model its recall by source at 1 %
        of false positives, what it mistakes most, and its expected calibration error.
    """
    labels = labels_of(clips)
    recordings = [clip.original_recording for clip in clips]
    ours = scores[THIS_MODEL]
    return {
        "crying": int(labels.sum()),
        "other": int((~labels).sum()),
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


def without_intervals(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures that the tables of variants show: only the recall at 5 % keeps its interval."""
    return {
        "auc": figures["auc"][0],
        "recall_0.01": figures["recall_0.01"][0],
        "recall_0.05": figures["recall_0.05"],
    }
