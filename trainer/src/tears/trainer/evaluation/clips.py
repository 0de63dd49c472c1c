"""Measures a model on a split of the dataset beside its anchors.

    python -m tears.trainer.evaluation.clips --dataset DIR --model models/cry/1/model.tflite --split val

The table has the loudness of the window and, where TEARS_YAMNET names its .tflite, YAMNet's baby cry.
"""

import argparse
import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tears.own_data.errors import OwnDataError
from tears.own_data.scoring.figures import (
    Labels,
    Scores,
    auc,
    best_f1,
    bootstrap_interval,
    recall_at_fpr,
    threshold_at_fpr,
)
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.trainer.augmentation.acoustics import low_passed
from tears.trainer.errors import TrainingError
from tears.trainer.evaluation.scorers import LoudnessScorer, Scorer, YamnetScorer
from tears.trainer.manifest import Clip, read_clip, read_manifest

FALSE_POSITIVE_RATES = (0.01, 0.05)
MUFFLED_HZ = 3600.0
MUFFLED_RATE = 0.05


def score_clips(scorer: Scorer, clips: Sequence[Clip]) -> Scores:
    """The scores of clips, float64 of shape [len(clips)]."""
    return np.array([scorer.score(read_clip(clip)) for clip in clips], dtype=np.float64)


def false_positives_when_muffled(scorer: Scorer, scores: Scores, clips: Sequence[Clip], rate: float) -> float:
    """The rate of false positives when all other sounds lose what lies above 3.6 kHz, at the threshold of ``rate``.

    Most cries were recorded at 8 or 16 kHz: a model that tells them by their bandwidth betrays itself here.
    """
    labels = np.array([clip.is_crying for clip in clips])
    threshold = threshold_at_fpr(scores, labels, rate)
    others = [clip for clip in clips if not clip.is_crying]
    muffled = [scorer.score(low_passed(read_clip(clip), MUFFLED_HZ)) for clip in others]
    return float(np.mean(np.array(muffled) > threshold))


def summary_row(name: str, scores: Scores, labels: Labels, recordings: Sequence[str]) -> str:
    """One row of the table: the figures with the bootstrap's middle 95 % by recording."""
    low, high = bootstrap_interval(auc, scores, labels, recordings)
    cells = [f"{auc(scores, labels):.3f} ({low:.3f}-{high:.3f})"]
    for rate in FALSE_POSITIVE_RATES:
        low, high = bootstrap_interval(functools.partial(recall_at_fpr, rate=rate), scores, labels, recordings)
        cells.append(f"{recall_at_fpr(scores, labels, rate):.2f} ({low:.2f}-{high:.2f})")
    return f"| {name} | {' | '.join(cells)} | {best_f1(scores, labels):.3f} |"


def recall_by_source(scores: Scores, labels: Labels, clips: Sequence[Clip], rate: float) -> dict[str, tuple[int, int]]:
    """Cries heard and cries in all for each kind of source, at the threshold of this rate of false positives."""
    threshold = threshold_at_fpr(scores, labels, rate)
    found: dict[str, tuple[int, int]] = {}
    for score, clip in zip(scores, clips, strict=True):
        if clip.is_crying:
            source = clip.source.split(":")[0]
            heard, total = found.get(source, (0, 0))
            found[source] = heard + int(score > threshold), total + 1
    return found


def most_mistaken(scores: Scores, clips: Sequence[Clip], count: int = 8) -> list[tuple[float, str]]:
    """The other sounds that score highest."""
    others = [(float(s), f"{c.category} ({c.source})") for s, c in zip(scores, clips, strict=True) if not c.is_crying]
    return sorted(others, reverse=True)[:count]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.trainer.evaluation.clips", description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="folder with manifest.csv and clips")
    parser.add_argument("--model", type=Path, default=Path("models/cry/1/model.tflite"))
    parser.add_argument("--split", default="val", choices=["train", "val", "test"])
    parser.add_argument("--keep-suspect", action="store_true", help="keep cries marked as probably inaudible")
    options = parser.parse_args(arguments)
    try:
        clips = [clip for clip in read_manifest(options.dataset) if clip.split == options.split]
    except (TrainingError, OwnDataError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 1
    clips = [clip for clip in clips if options.keep_suspect or not clip.label_suspect]
    labels = np.array([clip.is_crying for clip in clips])
    recordings = [clip.original_recording for clip in clips]
    scorers: dict[str, Scorer] = {"loudness": LoudnessScorer(), "this model": ModelScorer(options.model)}
    if os.environ.get("TEARS_YAMNET"):
        scorers["YAMNet baby cry"] = YamnetScorer(Path(os.environ["TEARS_YAMNET"]))
    print(f"{options.split}: {labels.sum()} crying, {(~labels).sum()} other\n")
    print("| scorer | AUC | recall at 1 % FPR | recall at 5 % FPR | best F1 |\n|---|---|---|---|---|")
    scores = {name: score_clips(scorer, clips) for name, scorer in scorers.items()}
    for name, values in scores.items():
        print(summary_row(name, values, labels, recordings))
    print("\nRecall at 1 % FPR by source:")
    for name, values in scores.items():
        parts = (
            f"{source} {heard}/{of}" for source, (heard, of) in recall_by_source(values, labels, clips, 0.01).items()
        )
        print(f"  {name}: {', '.join(parts)}")
    muffled = false_positives_when_muffled(scorers["this model"], scores["this model"], clips, MUFFLED_RATE)
    print(f"\nFalse positives at the threshold of {MUFFLED_RATE:.0%}, other sounds low-passed: {muffled:.1%}")
    print("\nMost mistaken by this model:")
    for score, what in most_mistaken(scores["this model"], clips):
        print(f"  {score:.3f} {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
