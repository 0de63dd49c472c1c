"""A model on the clips of a split, beside loudness and YAMNet."""

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
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
)
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.trainer.evaluation.clips import most_mistaken, recall_by_source, score_clips
from tears.trainer.evaluation.scorers import LoudnessScorer, Scorer, YamnetScorer
from tears.trainer.manifest import Clip

OURS: Final = "this model"
RATES: Final = (0.01, 0.05)


def scorers(model: Path) -> dict[str, Scorer]:
    """The model and its anchors, YAMNet where TEARS_YAMNET names it."""
    found: dict[str, Scorer] = {"loudness": LoudnessScorer(), OURS: ModelScorer(model)}
    yamnet = os.environ.get("TEARS_YAMNET")
    return found | ({"YAMNet": YamnetScorer(Path(yamnet))} if yamnet else {})


def clip_figures(clips: Sequence[Clip], by_name: Mapping[str, Scorer]) -> dict[str, Any]:
    """The figures of each scorer on these clips.

    Returns:
        How many clips of each kind there are, a dict for each scorer, what ours hears of each source at 1 % of false
        positives, what it mistakes most, and its expected calibration error.
    """
    labels = np.array([clip.is_crying for clip in clips])
    recordings = [clip.original_recording for clip in clips]
    scores = {name: score_clips(scorer, clips) for name, scorer in by_name.items()}
    return {
        "crying": int(labels.sum()),
        "other": int((~labels).sum()),
        "scorers": {name: _figures(values, labels, recordings) for name, values in scores.items()},
        "by_source": recall_by_source(scores[OURS], labels, clips, RATES[0]),
        "most_mistaken": most_mistaken(scores[OURS], clips, 6),
        "calibration_error": round(expected_calibration_error(scores[OURS], labels), 4),
    }


def _figures(scores: Scores, labels: Labels, recordings: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"best_f1": round(best_f1(scores, labels), 3)}
    measures = {"auc": auc} | {f"recall_{rate}": functools.partial(recall_at_fpr, rate=rate) for rate in RATES}
    for name, measure in measures.items():
        low, high = bootstrap_interval(measure, scores, labels, recordings)
        found[name] = [round(measure(scores, labels), 4), round(low, 4), round(high, 4)]
    return found
