from typing import Any

import pytest

from tears.trainer.evaluation.report.targets import reached_targets

FIGURES: dict[str, Any] = {
    "clips_test": {
        "scorers": {"this model": {"auc": [0.997, 0.9, 1.0], "recall_0.01": [0.96, 0.9, 1.0]}},
        "calibration_error": 0.04,
    },
    "robustness_val": {
        "median_scores": {"as recorded": 0.9, "-10 dB": 0.9, "-20 dB": 0.91, "-30 dB": 0.9, "-40 dB": 0.875},
        "muffled_at_threshold": {"threshold": 0.4, "false": 2, "false_muffled": 4, "other": 100},
    },
    "nights_test": {
        "defaults": {"detected": 97, "bouts": 100, "false_alerts_per_hour": 0.33, "median_latency_seconds": 2.4}
    },
    "left_out": {
        "donateacry": {"this recipe": {"recall_0.01": [0.8, 0.7, 0.9]}},
        "x": {"this recipe": {"recall_0.01": 0.95}},
    },
}


def test_figures_at_their_limits_reach_their_targets() -> None:
    targets = reached_targets(FIGURES)

    assert len(targets) == 10
    assert [one.name for one in targets if not one.is_reached] == []


@pytest.mark.parametrize(
    ("part", "worse", "missed"),
    [
        ("clips_test", {"calibration_error": 0.041}, "calibration error"),
        ("clips_test", {"scorers": {"this model": {"auc": [0.995], "recall_0.01": [1.0]}}}, "AUC"),
        ("clips_test", {"scorers": {"this model": {"auc": [0.999], "recall_0.01": [0.94]}}}, "recall at 1 %"),
        ("robustness_val", {"muffled_at_threshold": {"false": 2, "false_muffled": 5}}, "low-passed"),
        ("robustness_val", {"median_scores": FIGURES["robustness_val"]["median_scores"] | {"-20 dB": 0.94}}, "shift"),
        ("nights_test", {"defaults": FIGURES["nights_test"]["defaults"] | {"detected": 95}}, "share of episodes"),
        ("nights_test", {"defaults": FIGURES["nights_test"]["defaults"] | {"false_alerts_per_hour": 0.5}}, "an hour"),
        ("left_out", {"donateacry": {"this recipe": {"recall_0.01": 0.79}}}, "cries of donateacry"),
        ("left_out", {"x": {"this recipe": {"recall_0.01": 0.94}}}, "cries of x"),
    ],
)
def test_a_figure_beyond_its_limit_misses_its_target(part: str, worse: dict[str, Any], missed: str) -> None:
    [target] = [one for one in reached_targets(FIGURES | {part: FIGURES[part] | worse}) if not one.is_reached]

    assert missed in target.name


def test_what_was_not_measured_has_no_target() -> None:
    assert reached_targets({}) == []
