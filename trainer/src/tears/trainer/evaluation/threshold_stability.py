"""Choose the alerter's threshold so that it suits several trainings of the same recipe, and not only one.

    python -m tears.trainer.evaluation.threshold_stability --dataset DIR build/seed-1 build/seed-2 build/seed-3

Each folder has a model.tflite, all trained by the same recipe with other seeds. The table shows for each threshold, and
for each model, the episodes detected and the false alerts an hour in the validation nights. The chosen threshold is the
one with the best merit for the model that it suits worst, among those where the models' false alerts an hour lie at
most 1.0 apart.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tears.policy.parameters import Policy
from tears.trainer.errors import TrainingError
from tears.trainer.evaluation.night_set import night_set, scored_nights
from tears.trainer.evaluation.policy_search import ScoredNight, merit, night_figures
from tears.trainer.evaluation.scorers import THIS_MODEL, ScorerFile
from tears.trainer.evaluation.worker_pool import WorkerPool
from tears.trainer.manifest import DATASET_HELP, several_paths
from tears.trainer.module_command import module_command

STABILITY_PROG: Final = "python -m tears.trainer.evaluation.threshold_stability"
LARGEST_SWING_PER_HOUR: Final = 1.0
TRIED_PERCENT: Final = range(20, 81)

# The figures of each model, in order, by the threshold.
_Swept = dict[float, list[dict[str, Any]]]


def swept_figures(pool: WorkerPool, models: Sequence[Sequence[ScoredNight]]) -> _Swept:
    """Return each model's figures in its scored nights, for each threshold with the other parameters as by default."""
    tasks = [(policy, nights) for policy in _policies() for nights in models]
    figures = pool.map("policies", _figures, tasks)
    per = len(models)
    return {policy.open_threshold: figures[k * per : (k + 1) * per] for k, policy in enumerate(_policies())}


def swing_per_hour(figures: Sequence[Mapping[str, Any]]) -> float:
    """Return how far the models' false alerts an hour lie apart."""
    rates = [one["false_alerts_per_hour"] for one in figures]
    return float(max(rates) - min(rates))


def stable_threshold(swept: _Swept) -> float:
    """Return the threshold with the best merit for the model that it suits worst.

    Thresholds with a swing of more than one false alert an hour are passed over. Of thresholds whose worst merits are
    equal, the middle one is taken, because it is the farthest from those that suit less.

    Raises:
        TrainingError: Every threshold has a larger swing.
    """
    worst = {
        threshold: min(merit(one) for one in figures)
        for threshold, figures in swept.items()
        if swing_per_hour(figures) <= LARGEST_SWING_PER_HOUR
    }
    if not worst:
        raise TrainingError(
            f"at every threshold the models differ by more than {LARGEST_SWING_PER_HOUR:g} false alert an hour in the "
            "validation nights: no threshold of one training suits another; change the recipe"
        )
    best = [threshold for threshold, value in worst.items() if value == max(worst.values())]
    return best[len(best) // 2]


def stability_table(swept: _Swept, names: Sequence[str]) -> str:
    """Return a line for each threshold: each model's episodes detected and false alerts an hour, and their swing."""
    lines = ["threshold  " + "  ".join(f"{name:>22}" for name in names) + "  swing  worst merit"]
    for threshold, figures in swept.items():
        cells = (f"{one['detected']} of {one['bouts']}, {one['false_alerts_per_hour']:.2f}/h" for one in figures)
        worst = min(merit(one) for one in figures)
        row = "  ".join(f"{cell:>22}" for cell in cells)
        lines.append(f"{threshold:9.2f}  {row}  {swing_per_hour(figures):5.2f}  {worst:11.4f}")
    return "\n".join(lines)


def _policies() -> list[Policy]:
    default = Policy()
    return [
        replace(default, open_threshold=percent / 100, close_threshold=min(default.close_threshold, percent / 100))
        for percent in TRIED_PERCENT
    ]


def _figures(task: tuple[Policy, Sequence[ScoredNight]]) -> dict[str, Any]:
    policy, nights = task
    return night_figures(nights, policy)


@module_command(STABILITY_PROG, OSError)
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table and the threshold that is chosen."""
    parser = argparse.ArgumentParser(
        prog=STABILITY_PROG, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", type=Path, help="folders with a model.tflite")
    parser.add_argument("--dataset", type=several_paths, required=True, help=DATASET_HELP)
    parser.add_argument("--cache", type=Path, default=Path(".cache/training"), help="folder for nights")
    parser.add_argument("--workers", type=int, help="how many processes work; default: one for each core")
    options = parser.parse_args(arguments)
    nights = night_set(options.dataset, options.cache / "nights")
    with WorkerPool(options.workers) as pool:
        models = [
            scored_nights(pool, nights, "val", ScorerFile(THIS_MODEL, folder / "model.tflite"))
            for folder in options.models
        ]
        swept = swept_figures(pool, models)
    print(stability_table(swept, [str(folder)[-22:] for folder in options.models]))
    chosen = stable_threshold(swept)
    print(f"chosen: {chosen:.2f}, with a swing of {swing_per_hour(swept[chosen]):.2f} false alerts an hour")


if __name__ == "__main__":
    sys.exit(main())
