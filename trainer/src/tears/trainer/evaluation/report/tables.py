"""The figures of figures.json as Markdown tables, which are printed and are part of the model's card.

Figures that were not measured, or not by the program that wrote an older figures.json, have no table.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tears.trainer.evaluation.clip_figures import variant_figures
from tears.trainer.evaluation.report.targets import reached_targets
from tears.trainer.evaluation.scorers import LOUDNESS, MN04, THIS_MODEL, YAMNET

_CLIPS_HEAD: Final = ("", "AUC", "recall at 1 % false positives", "recall at 5 %", "best F1")
_NIGHTS_HEAD: Final = (
    "",
    "episodes detected",
    "false alerts an hour",
    "median seconds to the alert",
    "alerts an episode",
)
_UNSEEN_HEAD: Final = ("trained without", "cries", "this recipe", YAMNET, MN04, LOUDNESS)
_SPLIT_NAMES: Final = {"val": "validation", "test": "test"}
_RATES: Final = {"recall_0.01": "1 %", "recall_0.05": "5 %"}


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables by title: first the alerter's decisions, then figures that depend on no threshold."""
    found = _alerter_tables(figures)
    for split, name in (("test", "Test"), ("val", "Validation")):
        if clips := figures.get(f"clips_{split}"):
            title = f"{name} split: {clips['crying']} crying, {clips['other']} other"
            error = f"Expected calibration error of this model: {clips['calibration_error']:.3f}."
            found[title] = f"{clip_table(clips)}\n\n{error}"
    if robustness := _by_split(figures, "robustness"):
        found["The same cries, changed: median score"] = robustness_table(robustness)
    if left_out := figures.get("left_out"):
        for key, rate in _RATES.items():
            title = f"Sources not trained on: recall at {rate} false positives"
            found[title + _variant_options(figures)] = left_out_table(left_out, key)
    if "ablation" in figures:
        found[f"Validation split, parts of the recipe left out{_variant_options(figures)}"] = ablation_table(figures)
    return found


def _variant_options(figures: Mapping[str, Any]) -> str:
    """Return the options that all variants were trained with, as the end of a title; nothing if there are none."""
    options = figures.get("variant_options")
    return f" (trained with {' '.join(options)})" if options else ""


def target_table(figures: Mapping[str, Any]) -> str:
    """Return a row for each figure that was measured and has a target."""
    targets = reached_targets(figures)
    rows = ((one.name, one.measured, one.wanted, "yes" if one.is_reached else "no") for one in targets)
    return _table(("", "measured", "wanted", "reached"), rows)


def _alerter_tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of what the alerter decides with its default policy."""
    found = {}
    nights = _by_split(figures, "nights")
    defaults = {name: of["defaults"] for name, of in nights.items()}
    at_threshold = {
        name: of["at_threshold"] for name, of in _by_split(figures, "clips").items() if "at_threshold" in of
    }
    if at_threshold:
        found["Clips at the alerter's threshold"] = threshold_table(at_threshold)
    if nights:
        found["Nights"] = night_table(nights, figures.get("nights_anchors", {}))
    if any("by_room" in of for of in defaults.values()):
        found["Nights by room"] = room_table({name: of for name, of in defaults.items() if "by_room" in of})
        found["False alerts in the nights by cause"] = cause_table(defaults)
    return found


def _by_split(figures: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {name: figures[f"{part}_{split}"] for split, name in _SPLIT_NAMES.items() if f"{part}_{split}" in figures}


def threshold_table(splits: Mapping[str, Any]) -> str:
    """Return rows of the cries found, in all and by source, and of the other sounds taken for crying, by category."""
    groups = _names(of["cries_found_by_group"] for of in splits.values())
    categories = _names(of["false_by_category"] for of in splits.values())
    thresholds = " and ".join(sorted({f"{of['threshold']:g}" for of in splits.values()}))
    rows = [
        ("cries found", *(_of(one["cries_found"]) for one in splits.values())),
        *((f"of {name}", *(_of(one["cries_found_by_group"].get(name)) for one in splits.values())) for name in groups),
        ("other sounds taken for crying", *(_of(one["false"]) for one in splits.values())),
        *((name, *(_of(one["false_by_category"].get(name)) for one in splits.values())) for name in categories),
    ]
    return _table((f"score of at least {thresholds}", *splits), rows)


def clip_table(clips: Mapping[str, Any]) -> str:
    """Return a row for each scorer, with the middle 95 % of the bootstrap in brackets."""
    rows = []
    for name, row in clips["scorers"].items():
        rows.append(
            (name, _interval(row["auc"], 3), *(_interval(row[key], 2) for key in _RATES), f"{row['best_f1']:.3f}")
        )
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


def room_table(splits: Mapping[str, Any]) -> str:
    """Return a row for each room of the nights, with the figures of each split side by side."""
    head = ["room"]
    for name in splits:
        head += [f"{name}: episodes detected", "false alerts an hour", "hours between false alerts"]
    rooms = _names(of["by_room"] for of in splits.values())
    return _table(
        head, ((room, *(cell for of in splits.values() for cell in _room(of["by_room"][room]))) for room in rooms)
    )


def _room(figures: Mapping[str, Any]) -> tuple[str, ...]:
    false = sum(figures["false_by_category"].values())
    between = f"{figures['hours'] / false:.2g}" if false else f"none in {figures['hours']:g} h"
    return (f"{figures['detected']} of {figures['bouts']}", str(figures["false_alerts_per_hour"]), between)


def cause_table(splits: Mapping[str, Any]) -> str:
    """Return a row for each kind of sound that caused false alerts."""
    causes = _names(of["false_by_category"] for of in splits.values())
    rows = ((cause, *(str(of["false_by_category"].get(cause, 0)) for of in splits.values())) for cause in causes)
    return _table(("", *splits), [*rows] or [("none", *("0" for _ in splits))])


def robustness_table(splits: Mapping[str, Any]) -> str:
    """Return a row for each change, and rows for muffled other sounds."""
    changes = list(next(iter(splits.values()))["median_scores"])
    rows = [(change, *(f"{of['median_scores'][change]:.3f}" for of in splits.values())) for change in changes]
    muffled = (f"{of['muffled_false_positives']:.1%}" for of in splits.values())
    rows.append(("other sounds low-passed: false positives at the threshold of 5 %", *muffled))
    counts = [of["muffled_at_threshold"] for of in splits.values() if "muffled_at_threshold" in of]
    if len(counts) == len(splits):
        texts = (f"{of['false_muffled']}, before {of['false']}, of {of['other']}" for of in counts)
        rows.append(("other sounds low-passed: taken for crying at the alerter's threshold", *texts))
    return _table(("", *splits), rows)


def left_out_table(left_out: Mapping[str, Any], rate: str) -> str:
    """Return a row for each source that was left out of training; the rate is a key such as `recall_0.01`."""
    scorers = [name for name in _UNSEEN_HEAD[2:] if any(name in row for row in left_out.values())]
    rows = []
    for name, row in left_out.items():
        recalls = (_interval(row[key][rate], 2) if key in row else "" for key in scorers)
        rows.append((name, str(row["crying"]), *recalls))
    return _table((*_UNSEEN_HEAD[:2], *scorers), rows)


def ablation_table(figures: Mapping[str, Any]) -> str:
    """Return a row for this model and one for each variant of its recipe."""
    variants = dict(figures["ablation"])
    if "clips_val" in figures:
        variants = {THIS_MODEL: variant_figures(figures["clips_val"]["scorers"][THIS_MODEL])} | variants
    rows = ((name, f"{row['auc']:.3f}", *(_interval(row[key], 2) for key in _RATES)) for name, row in variants.items())
    return _table(_CLIPS_HEAD[:-1], rows)


def _interval(values: Sequence[float] | float, digits: int) -> str:
    """Return a figure with its interval; older figures of variants may have none."""
    if isinstance(values, float):
        return f"{values:.{digits}f}"
    value, low, high = (f"{value:.{digits}f}" for value in values)
    return f"{value} ({low}-{high})"


def _of(counts: Sequence[int] | None) -> str:
    return "" if counts is None else f"{counts[0]} of {counts[1]}"


def _names(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
