"""Measure a model and write its card.

    python -m tears.trainer.evaluation.report --dataset DIR --model models/cry/1            what `make model` prints
    python -m tears.trainer.evaluation.report --dataset DIR --model models/cry/1 --variants  more, which takes hours

The figures are kept in figures.json beside the model, so that the second command can follow the first.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tears.trainer.evaluation.report.card import tables, write_card
from tears.trainer.evaluation.report.measurements import figures_so_far, model_measurements, variant_measurements
from tears.trainer.manifest import DATASET_HELP, read_manifest, several_paths
from tears.trainer.module_command import module_command


@module_command("report", OSError)
def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables and write the card."""
    parser = argparse.ArgumentParser(
        prog="python -m tears.trainer.evaluation.report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dataset", type=several_paths, required=True, help=DATASET_HELP)
    parser.add_argument("--model", type=Path, default=Path("models/cry/1"), help="folder of the model's version")
    parser.add_argument("--cache", type=Path, default=Path(".cache/training"), help="folder for nights and variants")
    parser.add_argument("--variants", action="store_true", help="train and measure variants instead")
    parser.add_argument("--recipe", nargs=argparse.REMAINDER, default=[], help="options of the recipe, for variants")
    options = parser.parse_args(arguments)
    model, path = options.model / "model.tflite", options.model / "figures.json"
    clips = [clip for clip in read_manifest(*options.dataset) if not (clip.is_crying and clip.label_suspect)]
    figures = figures_so_far(model, path)
    what = (options.dataset, model, options.cache, clips)
    measurements = variant_measurements(*what, options.recipe) if options.variants else model_measurements(*what)
    for name, measure in measurements.items():
        figures[name] = measure()
        path.write_text(json.dumps(figures, indent=1) + "\n")
    for title, table in tables(figures).items():
        print(f"\n{title}\n\n{table}")
    write_card(figures, options.model / "MODEL_CARD.md")


if __name__ == "__main__":
    sys.exit(main())
