"""Write docs/sensitivity.md from the model's figures: `make docs`.

The figures of the levels come from figures.json beside the model, and, for thresholds that are not measured there, from
docs/sensitivity.json, if that was measured with the same model. After a new model is in place,

    python docs/sensitivity_page.py --measure .cache/training/nights/KEY

measures the levels again in the composed nights that `make model` has scored, and writes docs/sensitivity.json.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from tears.policy.episode_rule import Observation
from tears.policy.sensitivity import SENSITIVITY_LEVELS, Sensitivity, policy_of
from tears.trainer.evaluation.nights.truth import read_truth
from tears.trainer.evaluation.policy_search import ScoredNight, night_figures

SENSITIVITY_PAGE = Path(__file__).with_name("sensitivity.md")
MEASURED = Path(__file__).with_name("sensitivity.json")
MODEL = Path(__file__).parents[1] / "models" / "cry" / "1"
SPLITS = ("val", "test")
FIGURES: Final = ("bouts", "detected", "median_latency_seconds", "false_alerts_per_hour", "hours")
WORDS: Final = {
    Sensitivity.LOW: "fewer false alerts, and a little later",
    Sensitivity.NORMAL: "the default",
    Sensitivity.HIGH: "faint and short cries too, and sooner",
}
HEAD = """# How sensitive Tears is

`TEARS_ALERTER_SENSITIVITY` says how readily Tears alerts: `low`, `normal` or `high`. Single rooms may have a level of
their own: `TEARS_ALERTER_SENSITIVITY="normal attic=high"`. A space in the name of a room is written as `_x0020_`:
`guest_x0020_room=low`. A threshold that you set yourself (`TEARS_ALERTER_OPEN_THRESHOLD`,
`TEARS_ALERTER_CLOSE_THRESHOLD`) replaces that of the level, in all rooms.
A level that a parent has chosen on the journal's page replaces all of these in that room, and goes on after a restart.
"""
TAIL = """The nights are composed of recorded cries and other sounds, far more of both than a real night has: about one
cry every two and a half minutes, and cats, music, laughter and screams in between. So a real night has far fewer false
alerts than an hour here. The test nights have other babies and other sounds than the validation nights, in which the
thresholds were chosen.

What each level would have done in your own nights, the journal's page *Sensitivity* shows, beside what you have said
of the sounds; and `./tears tune --nights 7` shows it as a table and a picture: it plays
the scores that the alerter has kept through the same rule that alerts. `./tears tune results` does that with what
`./tears replay FILE... --out results` has written.
"""


def render(figures: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    """Return the page as Markdown, from the content of figures.json and of sensitivity.json."""
    head = (
        "level",
        "score that opens an episode / keeps it open",
        *("cries found: test nights", "false alerts an hour", "seconds to the alert"),
        *("cries found: validation nights", "false alerts an hour"),
    )
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for level, thresholds in SENSITIVITY_LEVELS.items():
        val, test = (level_figures(level, split, figures, measured) for split in SPLITS)
        pair = f"{thresholds.open_threshold:g} / {thresholds.close_threshold:g}"
        latency = f"{test['median_latency_seconds']:.1f}" if test else "not measured"
        cells = (f"`{level}`: {WORDS[level]}", pair, *_found_and_false(test), latency, *_found_and_false(val))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join((HEAD, *lines, "", TAIL))


def level_figures(
    level: Sensitivity, split: str, figures: Mapping[str, Any], measured: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return the figures of a level in one split's nights; None if this model was not measured with its thresholds."""
    nights = figures.get(f"nights_{split}", {})
    if level is Sensitivity.NORMAL and "defaults" in nights:
        return dict(nights["defaults"])
    if measured.get("model_sha256") != figures.get("model_sha256"):
        return None
    one = measured["levels"].get(level, {})
    thresholds = SENSITIVITY_LEVELS[level]
    if (one.get("open_threshold"), one.get("close_threshold")) != (
        thresholds.open_threshold,
        thresholds.close_threshold,
    ):
        return None
    return dict(one[f"nights_{split}"])


def measure(folder: Path, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of sensitivity.json, from a folder of nights that `make model` has scored.

    The scores of several models may lie there. Those of this one are recognised by giving the card's figures.

    Raises:
        SystemExit: no scores there give the figures of the card.
    """
    for key in sorted({path.name.split(".")[1] for path in folder.glob("*.npy")}):
        nights = {split: _scored_nights(folder, split, key) for split in SPLITS}
        if all(nights.values()) and all(
            _some(night_figures(nights[split], policy_of(Sensitivity.NORMAL)))
            == _some(figures[f"nights_{split}"]["defaults"])
            for split in SPLITS
        ):
            break
    else:
        raise SystemExit(f"no scores in {folder} give the figures of {MODEL / 'figures.json'}; run make model-report")
    levels = {}
    for level, thresholds in SENSITIVITY_LEVELS.items():
        levels[level.value] = {
            "open_threshold": thresholds.open_threshold,
            "close_threshold": thresholds.close_threshold,
            **{f"nights_{split}": _some(night_figures(nights[split], policy_of(level))) for split in SPLITS},
        }
    return {"model_sha256": figures["model_sha256"], "levels": levels}


def read(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file."""
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def _scored_nights(folder: Path, split: str, key: str) -> list[ScoredNight]:
    found = []
    for path in sorted(folder.glob(f"{split}-*.{key}.npy")):
        truth = read_truth(path.with_name(path.name.replace(f".{key}.npy", ".truth.json")))
        found.append(ScoredNight(truth, tuple(Observation(*row) for row in np.load(path).tolist())))
    return found


def _some(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: figures[name] for name in FIGURES}


def _found_and_false(figures: Mapping[str, Any] | None) -> tuple[str, str]:
    if figures is None:
        return "not measured", "not measured"
    found = f"{figures['detected']} of {figures['bouts']} ({figures['detected'] / figures['bouts']:.0%})"
    return found, f"{figures['false_alerts_per_hour']:.1f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help="scored nights to measure the levels in")
    options = parser.parse_args()
    shipped = read(MODEL / "figures.json")
    if options.measure:
        MEASURED.write_text(json.dumps(measure(options.measure, shipped), indent=1) + "\n")
    SENSITIVITY_PAGE.write_text(render(shipped, read(MEASURED)))
