"""Measure a model on a split of the dataset, beside its baselines.

    python -m tears.trainer.evaluation.clips --dataset DIR --model models/cry/1/model.tflite --split val

The baselines are the loudness of the window and, if TEARS_YAMNET names its .tflite, YAMNet's score of a baby's cry.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tears.trainer.evaluation.clip_figures import (
    MUFFLED_RATE,
    clip_figures,
    false_positives_when_muffled,
    most_mistaken,
    recall_by_source,
    score_clips,
)
from tears.trainer.evaluation.report.card import clip_table
from tears.trainer.evaluation.scorers import THIS_MODEL, model_and_baselines
from tears.trainer.manifest import DATASET_HELP, read_manifest, several_paths
from tears.trainer.module_command import module_command


@module_command("evaluate")
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, the recall by source, and what the model mistakes most."""
    parser = argparse.ArgumentParser(prog="python -m tears.trainer.evaluation.clips", description=__doc__)
    parser.add_argument("--dataset", type=several_paths, required=True, help=DATASET_HELP)
    parser.add_argument("--model", type=Path, default=Path("models/cry/1/model.tflite"))
    parser.add_argument("--split", default="val", choices=["train", "val", "test"])
    parser.add_argument("--keep-suspect", action="store_true", help="keep cries marked as probably inaudible")
    options = parser.parse_args(arguments)
    clips = [clip for clip in read_manifest(*options.dataset) if clip.split == options.split]
    clips = [clip for clip in clips if options.keep_suspect or not clip.label_suspect]
    scorers = model_and_baselines(options.model)
    scores = {name: score_clips(scorer, clips) for name, scorer in scorers.items()}
    muffled = false_positives_when_muffled(scorers[THIS_MODEL], scores[THIS_MODEL], clips)
    figures = clip_figures(clips, scores)
    print(f"{options.split}: {figures['crying']} crying, {figures['other']} other\n")
    print(clip_table(figures))
    print("\nRecall at 1 % false positives by source:")
    for name, values in scores.items():
        counts = recall_by_source(values, clips, 0.01).items()
        print(f"  {name}: {', '.join(f'{source} {found}/{total}' for source, (found, total) in counts)}")
    print(f"\nFalse positives at the threshold of {MUFFLED_RATE:.0%}, other sounds low-passed: {muffled:.1%}")
    print("\nMost mistaken by this model:")
    for score, sound in most_mistaken(scores[THIS_MODEL], clips):
        print(f"  {score:.3f} {sound}")


if __name__ == "__main__":
    sys.exit(main())
