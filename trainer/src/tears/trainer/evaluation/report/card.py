"""The figures as Markdown tables, which are printed, and the model's card: a fixed text with these tables in it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tears.trainer.evaluation.clip_figures import without_intervals
from tears.trainer.evaluation.scorers import THIS_MODEL

CARD_TEMPLATE: Final = Path(__file__).with_name("card.md")
# The tables replace this line of the template.
FIGURES_MARK: Final = "<!-- figures -->"
_CLIPS_HEAD: Final = ("", "AUC", "recall at 1 % false positives", "recall at 5 %", "best F1")
_NIGHTS_HEAD: Final = (
    "",
    "episodes detected",
    "false alerts an hour",
    "median seconds to the alert",
    "alerts an episode",
)
_UNSEEN_HEAD: Final = ("trained without", "cries", "this recipe", "YAMNet", "loudness")
_SPLIT_NAMES: Final = {"val": "validation", "test": "test"}


def write_card(figures: Mapping[str, Any], path: Path) -> None:
    """Write the card with the figures of figures.json that have been measured so far."""
    parts = [f"### {title}\n\n{table}" for title, table in tables(figures).items()]
    text = CARD_TEMPLATE.read_text(encoding="utf-8").replace(FIGURES_MARK, "\n\n".join(parts))
    path.write_text(text, encoding="utf-8")


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables by title. What was not measured has no table."""
    found = {}
    for split, name in (("test", "Test"), ("val", "Validation")):
        if clips := figures.get(f"clips_{split}"):
            title = f"{name} split: {clips['crying']} crying, {clips['other']} other"
            error = f"Expected calibration error of this model: {clips['calibration_error']:.3f}."
            found[title] = f"{clip_table(clips)}\n\n{error}"
    if nights := _by_split(figures, "nights"):
        found["Nights"] = night_table(nights, figures.get("nights_anchors", {}))
    if robustness := _by_split(figures, "robustness"):
        found["The same cries, changed: median score"] = robustness_table(robustness)
    if "left_out" in figures:
        found["Sources not trained on: recall at 5 % false positives"] = left_out_table(figures["left_out"])
    if "ablation" in figures:
        found["Validation split, parts of the recipe left out"] = ablation_table(figures)
    return found


def _by_split(figures: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {name: figures[f"{part}_{split}"] for split, name in _SPLIT_NAMES.items() if f"{part}_{split}" in figures}


def clip_table(clips: Mapping[str, Any]) -> str:
    """Return a row for each scorer, with the middle 95 % of the bootstrap in brackets."""
    rows = []
    for name, row in clips["scorers"].items():
        recalls = (_interval(row[key], 2) for key in ("recall_0.01", "recall_0.05"))
        rows.append((name, _interval(row["auc"], 3), *recalls, f"{row['best_f1']:.3f}"))
    return _table(_CLIPS_HEAD, rows)


def night_table(nights: Mapping[str, Any], baselines: Mapping[str, Any]) -> str:
    """Return rows for each split's nights: the model with the alerter's defaults, baselines with their own policies.

    The model's figures are by the name of the split, a baseline's by the key of the split.
    """
    rows = []
    for split, name in _SPLIT_NAMES.items():
        if name in nights:
            scorers = {THIS_MODEL: nights[name]["defaults"]} | {who: of[split] for who, of in baselines.items()}
            rows += [
                _night_row(f"{figures['hours']:g} h of {name} nights, {who}", figures)
                for who, figures in scorers.items()
            ]
    return _table(_NIGHTS_HEAD, rows)


def _night_row(name: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    keys = ("false_alerts_per_hour", "median_latency_seconds", "alerts_per_bout")
    return (name, f"{figures['detected']} of {figures['bouts']}", *(str(figures[key]) for key in keys))


def robustness_table(splits: Mapping[str, Any]) -> str:
    """Return a row for each change, and one for muffled other sounds."""
    changes = list(next(iter(splits.values()))["median_scores"])
    rows = [(change, *(f"{of['median_scores'][change]:.3f}" for of in splits.values())) for change in changes]
    muffled = (f"{of['muffled_false_positives']:.1%}" for of in splits.values())
    return _table(
        ("", *splits), [*rows, ("other sounds low-passed: false positives at the threshold of 5 %", *muffled)]
    )


def left_out_table(left_out: Mapping[str, Any]) -> str:
    """Return a row for each source that was left out of training."""
    rows = []
    for name, row in left_out.items():
        recalls = (_interval(row[key]["recall_0.05"], 2) if key in row else "" for key in _UNSEEN_HEAD[2:])
        rows.append((name, str(row["crying"]), *recalls))
    return _table(_UNSEEN_HEAD, rows)


def ablation_table(figures: Mapping[str, Any]) -> str:
    """Return a row for the whole recipe and one for each variant without a part of it."""
    variants = dict(figures["ablation"])
    if "clips_val" in figures:
        variants = {"the whole recipe": without_intervals(figures["clips_val"]["scorers"][THIS_MODEL])} | variants
    rows = (
        (name, f"{row['auc']:.3f}", f"{row['recall_0.01']:.2f}", _interval(row["recall_0.05"], 2))
        for name, row in variants.items()
    )
    return _table(_CLIPS_HEAD[:-1], rows)


def _interval(values: list[float], digits: int) -> str:
    value, low, high = (f"{value:.{digits}f}" for value in values)
    return f"{value} ({low}-{high})"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
