"""The tables of the model's card, and the card."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from support.places import SHIPPED_VERSION

from tears.trainer.evaluation.report.card import CARD_TEMPLATE, FIGURES_MARK, write_card
from tears.trainer.evaluation.report.measurements import MODEL_DIGEST, figures_so_far
from tears.trainer.evaluation.report.tables import tables

CLIPS: dict[str, Any] = {
    "crying": 3,
    "other": 4,
    "scorers": {
        "this model": {
            "auc": [0.9912, 0.98, 1.0],
            "recall_0.01": [0.5, 0.25, 0.75],
            "recall_0.05": [0.9, 0.8, 1.0],
            "best_f1": 0.91,
        }
    },
    "calibration_error": 0.0321,
}
NIGHTS = {
    "defaults": {
        "bouts": 7,
        "detected": 6,
        "median_latency_seconds": 2.5,
        "false_alerts_per_hour": 0.25,
        "false_by_category": {"cat": 1},
        "hours": 4.0,
        "alerts_per_bout": 1.1,
    }
}


def test_a_figure_has_its_interval_and_the_calibration_error_follows() -> None:
    [(title, table)] = tables({"clips_test": CLIPS}).items()

    assert title == "Test split: 3 crying, 4 other"
    assert "| this model | 0.991 (0.980-1.000) | 0.50 (0.25-0.75) | 0.90 (0.80-1.00) | 0.910 |" in table
    assert table.endswith("Expected calibration error of this model: 0.032.")


def test_the_table_of_nights_has_episodes_false_alerts_and_latency() -> None:
    [table] = tables({"nights_test": NIGHTS}).values()

    assert "| 4 h of test nights, this model | 6 of 7 | 0.25 | 2.5 | 1.1 |" in table


def test_baselines_follow_the_model_in_the_table_of_nights() -> None:
    baseline = NIGHTS["defaults"] | {"detected": 3}
    [table] = tables(
        {"nights_test": NIGHTS, "nights_anchors": {"YAMNet": {"val": baseline, "test": baseline}}}
    ).values()

    assert table.splitlines()[2:] == [
        "| 4 h of test nights, this model | 6 of 7 | 0.25 | 2.5 | 1.1 |",
        "| 4 h of test nights, YAMNet | 3 of 7 | 0.25 | 2.5 | 1.1 |",
    ]


def test_the_recall_of_a_source_left_out_is_beside_those_of_the_baselines() -> None:
    recall = {"auc": 0.9, "recall_0.01": 0.5, "recall_0.05": [0.86, 0.8, 0.9]}
    newer = recall | {"recall_0.01": [0.52, 0.4, 0.6]}
    rows = {"this recipe": newer, "YAMNet": recall}
    found = tables({"left_out": {"donateacry": {"crying": 300, **rows}, "esc50": {"crying": 9, **rows, "mn04": newer}}})

    at_1 = found["Sources not trained on: recall at 1 % false positives"]
    at_5 = found["Sources not trained on: recall at 5 % false positives"]
    assert "| donateacry | 300 | 0.52 (0.40-0.60) | 0.50 |  |" in at_1
    assert "| esc50 | 9 | 0.86 (0.80-0.90) | 0.86 (0.80-0.90) | 0.86 (0.80-0.90) |" in at_5


def test_variants_that_were_trained_for_less_long_say_so() -> None:
    recall = {"auc": 0.9, "recall_0.01": 0.5, "recall_0.05": 0.8}
    figures = {"left_out": {"esc50": {"crying": 9, "this recipe": recall}}, "ablation": {"without the corpus": recall}}

    short = tables(figures | {"variant_options": ["--epochs", "3"]})
    whole = tables(figures | {"variant_options": []})

    assert all(title.endswith(" (trained with --epochs 3)") for title in short)
    assert [f"{title} (trained with --epochs 3)" for title in whole] == list(short)


def test_the_table_at_the_threshold_has_cries_by_source_and_mistakes_by_category() -> None:
    val = {
        "threshold": 0.4,
        "cries_found": [3, 4],
        "cries_found_by_group": {"esc50": [1, 1], "github": [2, 3]},
        "false": [1, 9],
        "false_by_category": {"cat": [1, 2]},
    }
    test = val | {"cries_found_by_group": {"esc50": [3, 4]}, "false_by_category": {}, "false": [0, 5]}
    [(title, table), *_] = tables(
        {"clips_val": CLIPS | {"at_threshold": val}, "clips_test": CLIPS | {"at_threshold": test}}
    ).items()

    assert title == "Clips at the alerter's threshold"
    assert table.splitlines() == [
        "| score of at least 0.4 | validation | test |",
        "| --- | --- | --- |",
        "| cries found | 3 of 4 | 3 of 4 |",
        "| of esc50 | 1 of 1 | 3 of 4 |",
        "| of github | 2 of 3 |  |",
        "| other sounds taken for crying | 1 of 9 | 0 of 5 |",
        "| cat | 1 of 2 |  |",
    ]


def test_nights_have_figures_of_each_room_and_of_each_cause() -> None:
    silent = NIGHTS["defaults"] | {"false_by_category": {}, "false_alerts_per_hour": 0.0}
    of = NIGHTS["defaults"] | {"by_room": {"fan": NIGHTS["defaults"], "rain": silent}}
    found = tables({"nights_test": {"defaults": of}})

    assert found["Nights by room"].splitlines()[2:] == [
        "| fan | 6 of 7 | 0.25 | 4 |",
        "| rain | 6 of 7 | 0.0 | none in 4 h |",
    ]
    assert found["False alerts in the nights by cause"].splitlines()[2:] == ["| cat | 1 |"]


def test_an_ablation_follows_the_whole_recipe() -> None:
    without = {"auc": 0.9, "recall_0.01": 0.5, "recall_0.05": [0.86, 0.8, 0.9]}
    found = tables({"clips_val": CLIPS, "ablation": {"without the corpus": without}})
    rows = found["Validation split, parts of the recipe left out"].splitlines()

    assert rows[2] == "| this model | 0.991 | 0.50 (0.25-0.75) | 0.90 (0.80-1.00) |"
    assert rows[3] == "| without the corpus | 0.900 | 0.50 | 0.86 (0.80-0.90) |"


def test_figures_that_were_not_measured_have_no_table() -> None:
    assert tables({}) == {}


def test_the_card_holds_the_figures_where_the_template_has_its_mark(tmp_path: Path) -> None:
    write_card({"clips_test": CLIPS}, tmp_path / "card.md")
    card = (tmp_path / "card.md").read_text()

    assert CARD_TEMPLATE.read_text().count(FIGURES_MARK) == 1
    assert FIGURES_MARK not in card
    assert "0.991 (0.980-1.000)" in card


def test_the_card_defines_crying_and_what_is_not_crying() -> None:
    _, definition = CARD_TEMPLATE.read_text().split("## What counts as crying\n")
    definition = definition.partition("\n## ")[0]
    crying, other = definition.split("*other*")

    assert "infant or a toddler" in crying
    assert all(sound in other for sound in ("an adult", "laughs", "cats"))


@pytest.mark.parametrize("split", ["val", "test"])
def test_the_shipped_card_is_made_of_the_shipped_figures(split: str, tmp_path: Path) -> None:
    figures = json.loads((SHIPPED_VERSION / "figures.json").read_text())
    write_card(figures, tmp_path / "card.md")

    assert (SHIPPED_VERSION / "MODEL_CARD.md").read_text() == (tmp_path / "card.md").read_text()
    assert f"nights_{split}" in figures


def test_the_shipped_figures_belong_to_the_shipped_file() -> None:
    figures = json.loads((SHIPPED_VERSION / "figures.json").read_text())
    assert figures[MODEL_DIGEST] == hashlib.sha256((SHIPPED_VERSION / "model.tflite").read_bytes()).hexdigest()


def test_figures_of_another_file_are_dropped(tmp_path: Path) -> None:
    model, path = tmp_path / "model.tflite", tmp_path / "figures.json"
    model.write_bytes(b"one")
    figures = figures_so_far(model, path) | {"left_out": {}}
    path.write_text(json.dumps(figures))
    assert figures_so_far(model, path) == figures

    model.write_bytes(b"two")
    assert list(figures_so_far(model, path)) == [MODEL_DIGEST]


# The limits were set for the test split. The validation split has fewer cries, and its recordings are less usual.
@pytest.mark.parametrize(("split", "least_auc", "least_recall"), [("val", 0.993, 0.9), ("test", 0.995, 0.93)])
def test_the_shipped_model_is_no_worse_than_a_release_may_be(split: str, least_auc: float, least_recall: float) -> None:
    figures = json.loads((SHIPPED_VERSION / "figures.json").read_text())
    clips, robust = figures[f"clips_{split}"], figures[f"robustness_{split}"]
    ours, yamnet = clips["scorers"]["this model"], clips["scorers"]["YAMNet"]
    assert ours["auc"][0] >= least_auc
    assert ours["recall_0.01"][0] >= least_recall
    assert all(ours[name][0] >= yamnet[name][0] for name in ("auc", "recall_0.01"))
    # At this rate only doubtful cries are missed, and one more or less is chance.
    assert ours["recall_0.05"][0] >= yamnet["recall_0.05"][0] - 1 / clips["crying"]
    assert clips["calibration_error"] <= 0.05
    medians = robust["median_scores"]
    for level in ("-10 dB", "-20 dB", "-30 dB", "-40 dB"):
        assert medians[level] == pytest.approx(medians["as recorded"], abs=0.05)
    assert robust["muffled_false_positives"] <= 0.1


def test_cries_of_a_source_that_was_left_out_are_recognised() -> None:
    left_out = json.loads((SHIPPED_VERSION / "figures.json").read_text())["left_out"]
    if not {"donateacry", "esc50, giulbia", "github", "github (dev2)"} <= set(left_out):
        # Each takes a quarter of an hour of training, which is not repeated for each model; then the card must say so.
        assert "groups have not been measured again" in (SHIPPED_VERSION / "MODEL_CARD.md").read_text()
    # YAMNet finds the others almost all, so these say most.
    assert {"donateacry", "github"} <= set(left_out)
    assert all(of["this recipe"]["recall_0.05"][0] >= 0.85 for of in left_out.values())


def test_the_shipped_model_and_policy_reach_their_targets_in_the_test_nights() -> None:
    night = json.loads((SHIPPED_VERSION / "figures.json").read_text())["nights_test"]["defaults"]
    assert night["detected"] >= 0.95 * night["bouts"]
    assert night["false_alerts_per_hour"] <= 1
    assert night["median_latency_seconds"] <= 3
    assert night["alerts_per_bout"] <= 1.3
