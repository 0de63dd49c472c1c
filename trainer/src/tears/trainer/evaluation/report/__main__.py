"""Measures a model and writes its card.

    python -m tears.trainer.evaluation.report --dataset DIR --model models/cry/1            what `make model` prints
    python -m tears.trainer.evaluation.report --dataset DIR --model models/cry/1 --variants also what takes hours

Figures are kept in figures.json beside the model, so that the two can be made one after the other.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tears.own_data.errors import OwnDataError
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.policy.parameters import Policy
from tears.trainer.errors import TrainingError
from tears.trainer.evaluation.policy_search import figures_of
from tears.trainer.evaluation.report.card import write_card
from tears.trainer.evaluation.report.clip_figures import OURS, clip_figures, scorers
from tears.trainer.evaluation.report.night_figures import anchor_nights, best_policy, heard_nights
from tears.trainer.evaluation.report.robustness import robustness_figures
from tears.trainer.evaluation.report.tables import print_tables
from tears.trainer.evaluation.report.variants import Workshop, ablation_figures, left_out_figures
from tears.trainer.manifest import Clip, read_manifest

FIGURES_FILE = "figures.json"
DIGEST = "model_sha256"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints and writes; returns the exit status."""
    options = _options().parse_args(arguments)
    try:
        clips = [clip for clip in read_manifest(options.dataset) if not (clip.is_crying and clip.label_suspect)]
        path = options.model / FIGURES_FILE
        figures = figures_so_far(options.model / "model.tflite", path)
        for name, measure in _parts(options, clips).items():
            figures[name] = measure()
            path.write_text(json.dumps(figures, indent=1) + "\n")
    except (TrainingError, OwnDataError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    print_tables(figures)
    write_card(figures, options.model / "MODEL_CARD.md")
    return 0


def figures_so_far(model: Path, path: Path) -> dict[str, Any]:
    """What was measured of this very file before; what was of another is let go."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    figures: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return figures if figures.get(DIGEST) == digest else {DIGEST: digest}


def _parts(options: argparse.Namespace, clips: Sequence[Clip]) -> dict[str, Callable[[], Any]]:
    """What is measured, by its name in figures.json, in the order in which it is."""
    model = options.model / "model.tflite"

    def of(split: str) -> list[Clip]:
        return [clip for clip in clips if clip.split == split]

    if options.variants:
        anchors = {name: scorer for name, scorer in scorers(model).items() if name != OURS}
        workshop = Workshop(options.dataset, options.cache / "variants", tuple(options.recipe))
        return {
            "left_out": lambda: left_out_figures(workshop, clips, anchors),
            "ablation": lambda: ablation_figures(workshop, clips),
            "nights_anchors": lambda: anchor_nights(options.dataset, options.cache / "nights"),
        }

    def nights_of_val() -> dict[str, Any]:
        nights = heard_nights(options.dataset, "val", model, options.cache / "nights")
        best, figures = best_policy(nights)
        return {"defaults": figures_of(nights, Policy()), "best": figures, "best_policy": str(best)}

    def nights_of_test() -> dict[str, Any]:
        nights = heard_nights(options.dataset, "test", model, options.cache / "nights")
        return {"defaults": figures_of(nights, Policy())}

    return {
        "clips_val": lambda: clip_figures(of("val"), scorers(model)),
        "clips_test": lambda: clip_figures(of("test"), scorers(model)),
        "robustness_val": lambda: robustness_figures(of("val"), ModelScorer(model)),
        "robustness_test": lambda: robustness_figures(of("test"), ModelScorer(model)),
        "nights_val": nights_of_val,
        "nights_test": nights_of_test,
    }


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tears.trainer.evaluation.report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dataset", type=Path, required=True, help="folder with manifest.csv and clips")
    parser.add_argument("--model", type=Path, default=Path("models/cry/1"), help="folder of the model's version")
    parser.add_argument("--cache", type=Path, default=Path(".cache/training"), help="for nights and variants")
    parser.add_argument("--variants", action="store_true", help="train and measure variants instead")
    parser.add_argument("--recipe", nargs=argparse.REMAINDER, default=[], help="options of the recipe, for variants")
    return parser


if __name__ == "__main__":
    sys.exit(main())
