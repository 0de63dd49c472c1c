"""docs/sensitivity.md is up to date, and promises nothing that was not measured with the model beside it."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import sensitivity_page as page

from tears.policy.sensitivity import SENSITIVITY_LEVELS, Sensitivity

FIGURES = page.read(page.MODEL / "figures.json")
MEASURED = page.read(page.MEASURED)


def test_the_page_matches_the_figures() -> None:
    assert page.SENSITIVITY_PAGE.read_text() == page.render(FIGURES, MEASURED), "run `make docs`"


def test_the_figures_of_another_model_are_not_shown() -> None:
    shown = page.render(FIGURES | {"model_sha256": "another"}, MEASURED)
    rows = {
        level: next(line for line in shown.splitlines() if line.startswith(f"| `{level}`"))
        for level in SENSITIVITY_LEVELS
    }
    assert "not measured" in rows[Sensitivity.LOW]
    assert "not measured" in rows[Sensitivity.HIGH]
    # These are in figures.json itself.
    assert "not measured" not in rows[Sensitivity.NORMAL]


def test_the_figures_of_other_thresholds_are_not_shown() -> None:
    measured = copy.deepcopy(MEASURED)
    measured["levels"]["high"]["open_threshold"] = 0.3
    assert page.level_figures(Sensitivity.HIGH, "test", FIGURES, measured) is None
    assert page.level_figures(Sensitivity.LOW, "test", FIGURES, measured) is not None


def test_the_levels_are_measured_with_the_scores_that_give_the_cards_figures(tmp_path: Path) -> None:
    # A night with one cry, which only the scores of another model find.
    cry = {"start": 10.0, "end": 20.0, "label": "crying", "category": "crying", "level_dbfs": -30.0}
    truth = {"duration_seconds": 60.0, "events": [cry | {"original_recording": "a"}]}
    for split in page.SPLITS:
        (tmp_path / f"{split}-quiet-0.truth.json").write_text(json.dumps(truth))
        for key, score in (("another", 0.9), ("this", 0.4)):
            rows = [(float(end), score if 12 < end < 22 else 0.0, -30.0) for end in range(5, 61)]
            np.save(tmp_path / f"{split}-quiet-0.{key}.npy", np.array(rows))
    wanted = {"bouts": 1, "detected": 0, "median_latency_seconds": None, "false_alerts_per_hour": 0.0, "hours": 0.02}
    figures = {"model_sha256": "x"} | {f"nights_{split}": {"defaults": wanted} for split in page.SPLITS}
    levels = page.measure(tmp_path, figures)["levels"]
    assert [levels[level]["nights_test"]["detected"] for level in ("low", "normal", "high")] == [0, 0, 1]
    with pytest.raises(SystemExit, match="make model-report"):
        page.measure(tmp_path, figures | {"nights_test": {"defaults": wanted | {"bouts": 9}}})
