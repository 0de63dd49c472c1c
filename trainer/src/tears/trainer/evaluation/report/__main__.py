"""Measure a model and write its card.

    python -m tears.trainer.evaluation.report --dataset DIR --model models/cry/1            measure, in minutes
    python -m tears.trainer.evaluation.report --dataset DIR --model models/cry/1 --variants  more, which takes hours
    python -m tears.trainer.evaluation.report --dataset DIR --model DRAFT --publish models/cry/1

The figures are kept in figures.json beside the model, so that the second command can follow the first. The third one is
what `make model` does: the model takes the place of a version if none of its figures is worse by more than chance.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tears.trainer.disk_writes import write_text
from tears.trainer.evaluation.report.card import write_card
from tears.trainer.evaluation.report.measurements import ModelMeasurements, figures_so_far, plan_text
from tears.trainer.evaluation.report.publishing import publish_draft
from tears.trainer.evaluation.report.tables import tables, target_table
from tears.trainer.evaluation.worker_pool import WorkerPool
from tears.trainer.manifest import DATASET_HELP, read_manifest, several_paths
from tears.trainer.module_command import module_command
from tears.trainer.progress import about


@module_command("report", OSError)
def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables and write the card."""
    parser = argparse.ArgumentParser(
        prog="python -m tears.trainer.evaluation.report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--dataset", type=several_paths, required=True, help=DATASET_HELP)
    add("--model", type=Path, default=Path("models/cry/1"), help="folder of the model's version, or of a draft of one")
    add("--cache", type=Path, default=Path(".cache/training"), help="folder for nights and variants")
    add("--workers", type=int, help="how many processes measure; default: one for each core")
    add("--publish", type=Path, metavar="VERSION", help="then replace this version by the model, unless it is worse")
    add("--accept-regression", action="store_true", help="replace the version even by a model that is worse")
    add("--variants", action="store_true", help="train and measure variants instead")
    add("--recipe", nargs=argparse.REMAINDER, default=[], help="options of the recipe, for variants")
    options = parser.parse_args(arguments)
    model, path = options.model / "model.tflite", options.model / "figures.json"
    clips = [clip for clip in read_manifest(*options.dataset) if not (clip.is_crying and clip.label_suspect)]
    figures = figures_so_far(model, path, *([options.publish / "figures.json"] if options.publish else []))
    began = time.monotonic()
    with WorkerPool(options.workers) as pool:
        measured = ModelMeasurements(options.dataset, model, options.cache, clips, pool)
        parts = measured.of_variants(figures, options.recipe) if options.variants else measured.of_model(figures)
        print(plan_text(measured, parts), flush=True)
        for number, (name, measure) in enumerate(parts.items(), start=1):
            print(f"part {number} of {len(parts)}: {name}", flush=True)
            figures[name] = measure()
            write_text(path, json.dumps(figures, indent=1) + "\n")
    print(f"measured in {about(time.monotonic() - began)}")
    for title, table in (tables(figures) | {"Targets": target_table(figures)}).items():
        print(f"\n{title}\n\n{table}")
    write_card(figures, options.model / "MODEL_CARD.md")
    if options.publish:
        publish_draft(options.model, options.publish, figures, accept_regression=options.accept_regression)


if __name__ == "__main__":
    sys.exit(main())
