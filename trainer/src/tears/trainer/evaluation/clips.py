"""Measure a model on a split of the dataset, beside its baselines.

    python -m tears.trainer.evaluation.clips --dataset DIR --model models/cry/1/model.tflite --split val

First come the counts at the alerter's threshold, then the figures that need none. The baselines are the loudness of the
window and, if TEARS_YAMNET and TEARS_MN04 name their files, the scores that YAMNet and mn04 give to a baby's cry.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tears.trainer.evaluation.clip_figures import (
    MUFFLED_RATE,
    clip_figures,
    false_positives_when_muffled,
    labels_of,
    most_mistaken,
    recall_by_source,
)
from tears.trainer.evaluation.clip_scores import clip_scores, muffled_scores
from tears.trainer.evaluation.report.tables import clip_table, threshold_table
from tears.trainer.evaluation.scorers import THIS_MODEL, ScorerFile, model_and_baselines
from tears.trainer.evaluation.source_groups import source_group
from tears.trainer.evaluation.worker_pool import WorkerPool
from tears.trainer.manifest import DATASET_HELP, read_manifest, several_paths
from tears.trainer.module_command import module_command


@module_command("evaluate")
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, the recall by source, and what the model mistakes most."""
    parser = argparse.ArgumentParser(
        prog="python -m tears.trainer.evaluation.clips",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dataset", type=several_paths, required=True, help=DATASET_HELP)
    parser.add_argument("--model", type=Path, default=Path("models/cry/1/model.tflite"))
    parser.add_argument("--split", default="val", choices=["train", "val", "test"])
    parser.add_argument("--keep-suspect", action="store_true", help="keep cries marked as probably inaudible")
    parser.add_argument("--workers", type=int, help="how many processes score; default: one for each core")
    options = parser.parse_args(arguments)
    clips = [clip for clip in read_manifest(*options.dataset) if clip.split == options.split]
    clips = [clip for clip in clips if options.keep_suspect or not clip.label_suspect]
    with WorkerPool(options.workers) as pool:
        scores = clip_scores(pool, model_and_baselines(options.model), clips)
        muffled = muffled_scores(pool, ScorerFile(THIS_MODEL, options.model), clips)
    figures = clip_figures(clips, scores, [source_group(clip, options.dataset) for clip in clips])
    print(f"{options.split}: {figures['crying']} crying, {figures['other']} other\n")
    print(threshold_table({options.split: figures["at_threshold"]}))
    print(f"\n{clip_table(figures)}")
    print("\nRecall at 1 % false positives by source:")
    for name, values in scores.items():
        counts = recall_by_source(values, clips, 0.01).items()
        print(f"  {name}: {', '.join(f'{source} {found}/{total}' for source, (found, total) in counts)}")
    when_muffled = false_positives_when_muffled(scores[THIS_MODEL], labels_of(clips), muffled)
    print(f"\nFalse positives at the threshold of {MUFFLED_RATE:.0%}, other sounds low-passed: {when_muffled:.1%}")
    print("\nMost mistaken by this model:")
    for score, sound in most_mistaken(scores[THIS_MODEL], clips):
        print(f"  {score:.3f} {sound}")


if __name__ == "__main__":
    sys.exit(main())
