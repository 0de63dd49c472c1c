"""Figures as the Markdown tables of the card, which is also how they are printed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

_CLIPS_HEAD: Final = ("", "AUC", "recall at 1 % false positives", "recall at 5 %", "best F1")
_NIGHTS_HEAD: Final = ("", "bouts told", "false alerts an hour", "median seconds to the alert", "alerts a bout")
_UNSEEN_HEAD: Final = ("trained without", "cries", "this recipe", "YAMNet", "loudness")


def print_tables(figures: Mapping[str, Any]) -> None:
    """Prints what has been measured so far."""
    for title, table in tables(figures).items():
        print(f"\n{title}\n\n{table}")


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Each table by its title; what has not been measured is missing."""
    found = {}
    for split, name in (("test", "Test"), ("val", "Validation")):
        if clips := figures.get(f"clips_{split}"):
            title = f"{name} split: {clips['crying']} crying, {clips['other']} other"
            error = f"Expected calibration error of this model: {clips['calibration_error']:.3f}."
            found[title] = f"{clip_table(clips)}\n\n{error}"
    nights = {name: figures[f"nights_{split}"] for split, name in _SPLITS.items() if f"nights_{split}" in figures}
    if nights:
        found["Nights"] = night_table(nights, figures.get("nights_anchors", {}))
    robust = {
        name: figures[f"robustness_{split}"] for split, name in _SPLITS.items() if f"robustness_{split}" in figures
    }
    if robust:
        found["The same cries otherwise: median score"] = robustness_table(robust)
    if "left_out" in figures:
        found["Sources never heard: recall at 5 % false positives"] = left_out_table(figures["left_out"])
    if "ablation" in figures:
        found["Validation split, parts of the recipe left out"] = ablation_table(figures)
    return found


_SPLITS: Final = {"val": "validation", "test": "test"}


def clip_table(clips: Mapping[str, Any]) -> str:
    """A row for each scorer, with the bootstrap's middle 95 %."""
    return _table(
        _CLIPS_HEAD,
        (
            (
                name,
                _interval(row["auc"], 3),
                _interval(row["recall_0.01"], 2),
                _interval(row["recall_0.05"], 2),
                f"{row['best_f1']:.3f}",
            )
            for name, row in clips["scorers"].items()
        ),
    )


def night_table(nights: Mapping[str, Any], anchors: Mapping[str, Any]) -> str:
    """For each split's nights a row under the alerter's defaults, and one for each anchor under a policy of its own."""
    rows = []
    for split, name in _SPLITS.items():
        if name in nights:
            heard = {"this model": nights[name]["defaults"]} | {who: of[split] for who, of in anchors.items()}
            rows += [
                _night_row(f"{figures['hours']:g} h of {name} nights, {who}", figures) for who, figures in heard.items()
            ]
    return _table(_NIGHTS_HEAD, rows)


def _night_row(name: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    told = f"{figures['detected']} of {figures['bouts']}"
    return (
        name,
        told,
        *(str(figures[key]) for key in ("false_alerts_per_hour", "median_latency_seconds", "alerts_per_bout")),
    )


def robustness_table(splits: Mapping[str, Any]) -> str:
    """A row for each change, and one for muffled other sounds."""
    changes = list(next(iter(splits.values()))["median_scores"])
    rows = [(change, *(f"{of['median_scores'][change]:.3f}" for of in splits.values())) for change in changes]
    muffled = (f"{of['muffled_false_positives']:.1%}" for of in splits.values())
    return _table(
        ("", *splits), [*rows, ("other sounds low-passed: false positives at the threshold of 5 %", *muffled)]
    )


def left_out_table(left_out: Mapping[str, Any]) -> str:
    """A row for each source that was left out."""
    return _table(
        _UNSEEN_HEAD,
        (
            (
                name,
                str(row["crying"]),
                *(_interval(row[key]["recall_0.05"], 2) if key in row else "" for key in _UNSEEN_HEAD[2:]),
            )
            for name, row in left_out.items()
        ),
    )


def ablation_table(figures: Mapping[str, Any]) -> str:
    """The whole recipe and what it is without its parts."""
    rows = dict(figures["ablation"])
    if "clips_val" in figures:
        whole = figures["clips_val"]["scorers"]["this model"]
        first = {"auc": whole["auc"][0], "recall_0.01": whole["recall_0.01"][0], "recall_0.05": whole["recall_0.05"]}
        rows = {"the whole recipe": first} | rows
    return _table(
        ("", "AUC", "recall at 1 % false positives", "recall at 5 %"),
        (
            (name, f"{row['auc']:.3f}", f"{row['recall_0.01']:.2f}", _interval(row["recall_0.05"], 2))
            for name, row in rows.items()
        ),
    )


def _interval(values: list[float], digits: int) -> str:
    value, low, high = (f"{value:.{digits}f}" for value in values)
    return f"{value} ({low}-{high})"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
