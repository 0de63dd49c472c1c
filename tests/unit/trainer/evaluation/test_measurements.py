"""The figures that the report measures, and those that it takes over from earlier ones."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from unit.trainer.evaluation.test_report import CLIPS

from tears.samples.voices.babies import BABIES
from tears.trainer.evaluation.night_set import night_set
from tears.trainer.evaluation.report.__main__ import main
from tears.trainer.evaluation.report.measurements import BASELINE_NIGHTS, Measurements, ModelMeasurements, plan_text
from tears.trainer.evaluation.report.night_figures import baseline_key
from tears.trainer.evaluation.scorers import LOUDNESS, ScorerFile
from tears.trainer.evaluation.worker_pool import WorkerPool
from tears.trainer.manifest import read_manifest


@pytest.fixture
def measured(
    small_dataset: Path, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ModelMeasurements:
    for name in ("TEARS_YAMNET", "TEARS_MN04"):
        monkeypatch.delenv(name, raising=False)
    clips = read_manifest(small_dataset)
    return ModelMeasurements((small_dataset,), model_folder / "model.tflite", tmp_path, clips, WorkerPool(1))


def test_the_plan_names_the_clips_the_scorers_and_the_parts(measured: ModelMeasurements) -> None:
    text = plan_text(measured, measured.of_model({}))

    assert "in 4 validation and 0 test clips by loudness, this model, and in 48 nights" in text
    assert "named_signals, clips_val, clips_test" in text


def test_clips_and_named_signals_have_figures(measured: ModelMeasurements) -> None:
    parts = measured.of_model({})
    clips, signals = parts["clips_val"](), parts["named_signals"]()

    assert clips["at_threshold"]["cries_found_by_group"] == {"donateacry": [2, 2]}
    assert clips["scorers"]["this model"]["auc"][0] == 1.0
    assert signals["silence"] < 0.2
    assert all(signals[baby.name] > 0.8 for baby in BABIES)
    assert parts["robustness_val"]()["muffled_at_threshold"]["other"] == 2


def test_the_nights_of_a_baseline_are_taken_over_if_they_are_the_same_and_not_measured_by_make_model(
    measured: ModelMeasurements, capsys: pytest.CaptureFixture[str]
) -> None:
    key = baseline_key(night_set(measured.datasets, measured.cache / "nights"), ScorerFile(LOUDNESS))
    known = {LOUDNESS: {"key": key, "val": {}, "test": {}}}

    assert measured.of_model({BASELINE_NIGHTS: known})[BASELINE_NIGHTS]() == known
    assert capsys.readouterr().out == ""
    unusable: list[dict[str, Any]] = [{}, {LOUDNESS: {"key": "of other nights"}}, {LOUDNESS: {"val": {}}}]
    for others in unusable:
        assert measured.of_model({BASELINE_NIGHTS: others})[BASELINE_NIGHTS]() == {}
        assert "nights by loudness: not scored yet; make model-report does it" in capsys.readouterr().out


def test_the_command_measures_a_draft_and_publishes_it(
    small_dataset: Path,
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def of_model(_: ModelMeasurements, so_far: Mapping[str, Any]) -> Measurements:
        return {"clips_val": lambda: CLIPS, BASELINE_NIGHTS: lambda: so_far[BASELINE_NIGHTS]}

    monkeypatch.setattr(ModelMeasurements, "of_model", of_model)
    draft, version = tmp_path / "draft", tmp_path / "models" / "1"
    for folder in (draft, version):
        folder.mkdir(parents=True)
        (folder / "model.tflite").write_bytes((model_folder / "model.tflite").read_bytes())
    (version / "figures.json").write_text(json.dumps({"left_out": {}, BASELINE_NIGHTS: {}}))

    where = ("--model", str(draft), "--publish", str(version), "--cache", str(tmp_path / "cache"))
    assert main(["--dataset", str(small_dataset), *where, "--workers", "1"]) == 0

    figures = json.loads((version / "figures.json").read_text())
    assert list(figures) == ["model_sha256", BASELINE_NIGHTS, "clips_val"]
    assert "0.991 (0.980-1.000)" in (version / "MODEL_CARD.md").read_text()
    printed = capsys.readouterr().out
    assert "part 2 of 2: nights_anchors" in printed
    assert "| validation clips: expected calibration error | 0.0321 | at most 0.04 | yes |" in printed
    assert f"{version} is now this model" in printed
