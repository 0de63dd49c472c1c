"""Models that count as worse, and a version that such a model does not replace."""

import copy
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tears.own_data.versions.proof import write_checksums, write_expected_scores
from tears.trainer.errors import RegressionError
from tears.trainer.evaluation.report.publishing import publish_draft
from tears.trainer.evaluation.report.regressions import compared_parts, regressions

FIGURES: dict[str, Any] = {
    "named_signals": {"silence": 0.01, "baby-1": 0.95},
    "clips_test": {
        "crying": 78,
        "other": 195,
        "at_threshold": {"cries_found": [75, 78], "false": [1, 195]},
        "scorers": {"this model": {"auc": [0.996, 0.98, 1.0], "recall_0.01": [0.95, 0.9, 1.0]}},
        "calibration_error": 0.03,
    },
    "robustness_test": {"muffled_at_threshold": {"threshold": 0.4, "false": 1, "false_muffled": 2, "other": 195}},
    "nights_test": {
        "nights": "abc",
        "defaults": {"detected": 140, "median_latency_seconds": 2.0, "false_by_category": {"cat": 2}},
    },
}


def changed(*path: str, to: Any) -> dict[str, Any]:
    """Return the figures with another value."""
    figures = copy.deepcopy(FIGURES)
    place = figures
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return figures


def test_equal_figures_are_no_regression() -> None:
    assert regressions(FIGURES, FIGURES) == []
    assert compared_parts(FIGURES, FIGURES) == ["clips_test", "nights_test"]


@pytest.mark.parametrize(
    ("path", "by_chance", "worse", "sentence"),
    [
        (("clips_test", "at_threshold", "cries_found"), [74, 78], [73, 78], "73 cries found at the .* and 75 before"),
        (("clips_test", "at_threshold", "false"), [2, 195], [3, 195], "3 other sounds taken for crying .* 1 before"),
        (("clips_test", "scorers", "this model", "auc"), [0.9945, 0, 1], [0.993, 0, 1], "AUC 0.993, and 0.996 before"),
        (("clips_test", "scorers", "this model", "recall_0.01"), [0.93, 0, 1], [0.92, 0, 1], "recall 0.92 at 1 %"),
        (("clips_test", "calibration_error"), 0.04, 0.041, "calibration error 0.041, and 0.03"),
        (("robustness_test", "muffled_at_threshold", "false_muffled"), 4, 5, "5 low-passed other sounds .* 2 before"),
        (("nights_test", "defaults", "detected"), 138, 137, "137 episodes detected, and 140"),
        (("nights_test", "defaults", "false_by_category"), {"cat": 3, "dog": 1}, {"dog": 5}, "5 false alerts, and 2"),
        (("nights_test", "defaults", "median_latency_seconds"), 2.5, 2.6, "2.6 s to the alert"),
        (("named_signals", "baby-1"), 0.8, 0.79, "baby-1 scores 0.79, and 0.8 is the least"),
        (("named_signals", "silence"), 0.2, 0.21, "silence scores 0.21, and 0.2 is the most"),
    ],
)
def test_a_figure_is_a_regression_if_it_is_worse_by_more_than_chance(
    path: tuple[str, ...], by_chance: Any, worse: Any, sentence: str
) -> None:
    assert regressions(FIGURES, changed(*path, to=by_chance)) == []
    [found] = regressions(FIGURES, changed(*path, to=worse))
    assert re.search(sentence, found)


def test_figures_of_other_clips_or_nights_are_not_compared() -> None:
    worse = changed("clips_test", "calibration_error", to=0.5)
    worse["clips_test"]["crying"] = 96
    worse["nights_test"] = {"nights": "another", "defaults": {}}

    assert compared_parts(FIGURES, worse) == []
    assert regressions(FIGURES, worse) == []


def test_the_figures_of_an_older_program_are_compared_as_far_as_they_go() -> None:
    older = copy.deepcopy(FIGURES)
    del older["named_signals"], older["clips_test"]["at_threshold"], older["nights_test"]["nights"]

    assert compared_parts(older, FIGURES) == ["clips_test"]
    assert len(regressions(older, changed("clips_test", "calibration_error", to=0.5))) == 1


def version_of(folder: Path, model: bytes, figures: dict[str, Any]) -> Path:
    (folder / "variables").mkdir(parents=True)
    (folder / "model.tflite").write_bytes(model)
    (folder / "variables" / "data").write_bytes(model)
    (folder / "figures.json").write_text(json.dumps(figures))
    return folder


@pytest.fixture
def version(tmp_path: Path) -> Path:
    return version_of(tmp_path / "models" / "1", b"old", FIGURES)


def test_a_model_that_is_no_worse_replaces_the_version(version: Path, tmp_path: Path) -> None:
    draft = version_of(tmp_path / "draft", b"new", FIGURES)

    publish_draft(draft, version, FIGURES, accept_regression=False)

    assert (version / "model.tflite").read_bytes() == (version / "variables" / "data").read_bytes() == b"new"
    assert [path.name for path in version.parent.iterdir()] == ["1"]
    assert (draft / "model.tflite").exists()


def test_checksums_and_expected_scores_are_those_of_the_new_model(version: Path, tmp_path: Path) -> None:
    draft = version_of(tmp_path / "draft", b"new", FIGURES)
    for folder in (version, draft):
        write_expected_scores(folder, [{"crying": 0.5}])
    write_checksums(version)

    publish_draft(draft, version, FIGURES, accept_regression=False)
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    ended = subprocess.run(check, cwd=version, capture_output=True, text=True, check=True)
    assert ended.stdout == "expected_scores.json: OK\nmodel.tflite: OK\nvariables/data: OK\n"

    (draft / "expected_scores.json").unlink()
    publish_draft(draft, version, FIGURES, accept_regression=False)
    assert not (version / "expected_scores.json").exists()


def test_a_worse_model_leaves_the_version_as_it_was_and_the_error_names_figure_draft_and_option(
    version: Path, tmp_path: Path
) -> None:
    worse = changed("clips_test", "at_threshold", "cries_found", to=[60, 78])
    draft = version_of(tmp_path / "draft", b"new", worse)

    with pytest.raises(RegressionError, match=r"60 cries found .* 75 before.*draft.*--accept-regression"):
        publish_draft(draft, version, worse, accept_regression=False)

    assert (version / "model.tflite").read_bytes() == b"old"
    assert json.loads((version / "figures.json").read_text()) == FIGURES


def test_a_worse_model_that_is_accepted_replaces_the_version(
    version: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worse = changed("clips_test", "at_threshold", "cries_found", to=[60, 78])

    publish_draft(version_of(tmp_path / "draft", b"new", worse), version, worse, accept_regression=True)

    assert (version / "model.tflite").read_bytes() == b"new"
    assert "accepted: test clips: 60 cries found" in capsys.readouterr().out


def test_the_first_version_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    draft, version = version_of(tmp_path / "draft", b"new", FIGURES), tmp_path / "models" / "1"

    publish_draft(draft, version, FIGURES, accept_regression=False)

    assert (version / "model.tflite").read_bytes() == b"new"
