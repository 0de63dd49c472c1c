"""Compare a new model's figures with those of the model that it is to replace."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tears.own_data.labels.label_names import CRYING
from tears.samples.voices.babies import BABIES
from tears.trainer.evaluation.report.judged_signals import UNJUDGED_SIGNAL
from tears.trainer.evaluation.scorers import THIS_MODEL

# What chance explains between two trainings of the same recipe is no regression. One clip more or less is chance, and
# so are two episodes and two false alerts in the six hours of a split's nights.
CLIPS_BY_CHANCE: Final = 1
EPISODES_BY_CHANCE: Final = 2
FALSE_ALERTS_BY_CHANCE: Final = 2
# A few pairs of clips whose order differs.
AUC_BY_CHANCE: Final = 0.002
# An alert comes at the end of a window, one every second.
SECONDS_BY_CHANCE: Final = 0.5
CALIBRATION_BY_CHANCE: Final = 0.01
# The named signals are the same sounds for every model, so their limits do not depend on what the old model scored.
CRYING_SIGNALS: Final = frozenset(baby.name for baby in BABIES)
LEAST_CRYING_SIGNAL: Final = 0.8
LARGEST_OTHER_SIGNAL: Final = 0.2


def regressions(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each figure that is worse by more than chance; none means that the new model may ship.

    Both are the content of a figures.json.
    """
    found = [*_signals(after.get("named_signals", {}))]
    for part in compared_parts(before, after):
        kind, split = part.split("_")
        found += (_clips if kind == "clips" else _nights)(split, before[part], after[part])
        if kind == "clips":
            found += _robustness(split, *(figures.get(f"robustness_{split}") for figures in (before, after)))
    return found


def compared_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the parts of figures.json that both models have, and that were measured in the same clips or nights."""
    same_by = {"clips": (CRYING, "other"), "nights": ("nights",)}
    parts = [f"{kind}_{split}" for kind in same_by for split in ("val", "test")]
    return [
        part
        for part in parts
        if part in before
        and part in after
        and all(before[part].get(key) == after[part][key] for key in same_by[part.split("_")[0]])
    ]


def _signals(signals: Mapping[str, float]) -> Iterator[str]:
    for name, score in signals.items():
        if name in CRYING_SIGNALS and score < LEAST_CRYING_SIGNAL:
            yield f"the named signal {name} scores {score:g}, and {LEAST_CRYING_SIGNAL:g} is the least"
        if name not in CRYING_SIGNALS | {UNJUDGED_SIGNAL} and score > LARGEST_OTHER_SIGNAL:
            yield f"the named signal {name} scores {score:g}, and {LARGEST_OTHER_SIGNAL:g} is the most"


def _clips(split: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if "at_threshold" in old and "at_threshold" in new:
        for key, what in (("cries_found", "cries found"), ("false", "other sounds taken for crying")):
            was, is_now = (one["at_threshold"][key][0] for one in (old, new))
            if (was - is_now if key == "cries_found" else is_now - was) > CLIPS_BY_CHANCE:
                yield f"{split} clips: {is_now} {what} at the alerter's threshold, and {was} before"
    was_auc, auc = (one["scorers"][THIS_MODEL]["auc"][0] for one in (old, new))
    if auc < was_auc - AUC_BY_CHANCE:
        yield f"{split} clips: AUC {auc:g}, and {was_auc:g} before"
    was_recall, recall = (one["scorers"][THIS_MODEL]["recall_0.01"][0] for one in (old, new))
    # The threshold of this recall moves too, so chance is a clip wider.
    if recall < was_recall - 2 * CLIPS_BY_CHANCE / new[CRYING]:
        yield f"{split} clips: recall {recall:g} at 1 % false positives, and {was_recall:g} before"
    was_error, error = (one["calibration_error"] for one in (old, new))
    if error > was_error + CALIBRATION_BY_CHANCE:
        yield f"{split} clips: expected calibration error {error:g}, and {was_error:g} before"


def _robustness(split: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[str]:
    if old and new and "muffled_at_threshold" in old and "muffled_at_threshold" in new:
        was, is_now = (one["muffled_at_threshold"]["false_muffled"] for one in (old, new))
        # Both the threshold and the sounds' scores move, so chance is a clip wider.
        if is_now > was + 2 * CLIPS_BY_CHANCE:
            yield f"{split} clips: {is_now} low-passed other sounds taken for crying, and {was} before"


def _nights(split: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before["defaults"], after["defaults"]
    if new["detected"] < old["detected"] - EPISODES_BY_CHANCE:
        yield f"{split} nights: {new['detected']} episodes detected, and {old['detected']} before"
    was_false, false = (sum(one["false_by_category"].values()) for one in (old, new))
    if false > was_false + FALSE_ALERTS_BY_CHANCE:
        yield f"{split} nights: {false} false alerts, and {was_false} before"
    was_late, late = (one["median_latency_seconds"] or 0.0 for one in (old, new))
    if late > was_late + SECONDS_BY_CHANCE:
        yield f"{split} nights: {late:g} s to the alert in the median, and {was_late:g} before"
