"""The scores of clips, and the command that prints them for the shipped model."""

from pathlib import Path

import numpy as np
import pytest

from tears.own_data.errors import ScorerError
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.policy.parameters import Policy
from tears.trainer.evaluation.clip_figures import most_mistaken, recall_by_source, robustness_figures
from tears.trainer.evaluation.clip_scores import changed_scores, clip_scores, muffled_scores
from tears.trainer.evaluation.clips import main
from tears.trainer.evaluation.scorers import LoudnessScorer, ScorerFile, baselines, model_and_baselines
from tears.trainer.evaluation.worker_pool import WorkerPool
from tears.trainer.manifest import DatasetClip, read_clip


def clip_of(source: str, label: str) -> DatasetClip:
    return DatasetClip(Path("x.flac"), label, f"a {label}", source, f"{source} {label}", "val", label_suspect=False)


def test_recall_is_counted_for_each_kind_of_source() -> None:
    clips = [clip_of("github:a", "crying"), clip_of("github:b", "crying"), clip_of("esc50", "crying")]
    clips.append(clip_of("esc50", "other"))
    scores = np.array([0.9, 0.3, 0.8, 0.5])

    assert recall_by_source(scores, clips, 0.01) == {"github": (1, 2), "esc50": (1, 1)}


def test_the_most_mistaken_clips_are_other_sounds_with_the_highest_scores() -> None:
    clips = [clip_of("a", "crying"), clip_of("b", "other"), clip_of("c", "other")]

    assert most_mistaken(np.array([0.9, 0.2, 0.7]), clips, 1) == [(0.7, "a other (c)")]


def test_loudness_is_the_level_before_gain(small_clips: list[DatasetClip]) -> None:
    samples = read_clip(small_clips[0])

    assert LoudnessScorer().score(samples) == pytest.approx(LoudnessScorer().score(samples // 2) + 6, abs=0.2)


def test_automatic_gain_makes_the_score_independent_of_the_distance(
    small_clips: list[DatasetClip], model_folder: Path
) -> None:
    scorer, samples = ModelScorer(model_folder / "model.tflite"), read_clip(small_clips[0])

    assert scorer.score(samples) == pytest.approx(scorer.score(samples // 10), abs=0.1)


def test_a_model_that_cannot_score_windows_is_an_error_that_says_why(model_folder: Path, tmp_path: Path) -> None:
    whole, path = (model_folder / "model.tflite").read_bytes(), tmp_path / "model.tflite"
    for content, says in (
        (whole[:300_000], "is not a model.tflite as tears-train exports it"),
        (whole.replace(b"waveform", b"envelope"), "is not a model.tflite as tears-train exports it"),
        (whole.replace(b"crying", b"barked"), "has no score of crying, only of barked, other"),
    ):
        path.write_bytes(content)
        with pytest.raises(ScorerError, match=says):
            ModelScorer(path)


def test_the_command_prints_a_row_for_the_model_and_for_loudness(
    small_dataset: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("TEARS_YAMNET", "TEARS_MN04"):
        monkeypatch.delenv(name, raising=False)

    model = str(model_folder / "model.tflite")
    assert main(["--dataset", str(small_dataset), "--model", model, "--workers", "1"]) == 0

    printed = capsys.readouterr().out
    assert "val: 2 crying, 2 other" in printed
    assert "| cries found | 2 of 2 |" in printed
    assert "| of donateacry | 2 of 2 |" in printed
    assert "| other sounds taken for crying | 0 of 2 |" in printed
    assert "| this model | 1.000" in printed
    assert "| loudness |" in printed


def test_the_baselines_are_those_whose_files_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEARS_YAMNET", "yamnet.tflite")
    monkeypatch.delenv("TEARS_MN04", raising=False)
    assert [scorer.name for scorer in model_and_baselines(Path("m"))] == ["loudness", "this model", "YAMNet"]

    monkeypatch.setenv("TEARS_MN04", "mn04_as.npz")
    assert baselines()[1:] == [
        ScorerFile("YAMNet", Path("yamnet.tflite")),
        ScorerFile("mn04", Path("mn04_as.npz")),
    ]


def test_robustness_counts_muffled_sounds_at_the_alerters_threshold(
    small_clips: list[DatasetClip], model_folder: Path
) -> None:
    scorer = ScorerFile("this model", model_folder / "model.tflite")
    with WorkerPool(1) as pool:
        scores = clip_scores(pool, [scorer], small_clips)["this model"]
        changed, muffled = changed_scores(pool, scorer, small_clips), muffled_scores(pool, scorer, small_clips)
    figures = robustness_figures(small_clips, scores, changed, np.array([0.9, *muffled[1:]]))

    assert (scores[:2] > 0.5).all()
    assert list(figures["median_scores"])[:2] == ["as recorded", "-10 dB"]
    assert figures["median_scores"]["as recorded"] == pytest.approx(np.median(scores[:2]), abs=1e-3)
    assert figures["muffled_at_threshold"] == {
        "threshold": Policy().open_threshold,
        "false": 0,
        "false_muffled": 1,
        "other": 2,
    }


def test_a_folder_without_a_manifest_is_one_line_of_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dataset", str(tmp_path)]) == 1

    assert "manifest.csv" in capsys.readouterr().err
