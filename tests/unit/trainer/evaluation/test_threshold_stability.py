"""The threshold that suits several trainings."""

from typing import Any

import pytest
from unit.trainer.evaluation.test_policy_search import night_of

from tears.trainer.errors import TrainingError
from tears.trainer.evaluation.threshold_stability import (
    stability_table,
    stable_threshold,
    swept_figures,
    swing_per_hour,
)
from tears.trainer.evaluation.worker_pool import WorkerPool


def figures(detected: int, false_per_hour: float) -> dict[str, Any]:
    return {
        "bouts": 10,
        "detected": detected,
        "median_latency_seconds": 2.0,
        "false_alerts_per_hour": false_per_hour,
        "alerts_per_bout": 1.0,
    }


def test_the_threshold_is_the_best_for_the_model_that_it_suits_worst() -> None:
    swept = {
        0.3: [figures(10, 0.0), figures(10, 0.9)],
        0.4: [figures(9, 0.0), figures(9, 0.2)],
        0.5: [figures(9, 0.0), figures(5, 0.0)],
    }
    swept[0.3][1]["false_alerts_per_hour"] = 1.0
    swept[0.3][1]["detected"] = 8

    assert stable_threshold(swept) == 0.4


def test_a_threshold_with_a_large_swing_is_passed_over_although_its_worst_model_is_good() -> None:
    swept = {0.3: [figures(10, 0.0), figures(10, 1.1)], 0.4: [figures(7, 0.0), figures(7, 1.0)]}

    assert swing_per_hour(swept[0.3]) == 1.1
    assert stable_threshold(swept) == 0.4


def test_of_equal_thresholds_the_middle_one_is_taken() -> None:
    assert stable_threshold({threshold: [figures(9, 0.0)] for threshold in (0.3, 0.4, 0.5)}) == 0.4


def test_models_that_differ_at_every_threshold_are_an_error() -> None:
    with pytest.raises(TrainingError, match=r"differ by more than 1 false alert an hour.*change the recipe"):
        stable_threshold({0.3: [figures(10, 0.0), figures(10, 2.0)]})


def test_each_model_is_judged_at_each_threshold() -> None:
    sure, unsure = ([night_of(dict.fromkeys(range(42, 61), score))] for score in (0.9, 0.3))

    with WorkerPool(1) as pool:
        swept = swept_figures(pool, [sure, unsure])

    assert (min(swept), max(swept)) == (0.2, 0.8)
    assert [one["detected"] for one in swept[0.25]] == [1, 1]
    assert [one["detected"] for one in swept[0.35]] == [1, 0]
    lines = stability_table(swept, ["one", "two"]).splitlines()
    assert len(lines) == 1 + len(swept)
    assert "1 of 1, 0.00/h" in lines[1]
