"""The scores of clips, and the command that prints them for the shipped model."""

from pathlib import Path

import numpy as np
import pytest

from tears.own_data.errors import ScorerError
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.trainer.evaluation.clip_figures import most_mistaken, recall_by_source
from tears.trainer.evaluation.clips import main
from tears.trainer.evaluation.scorers import LoudnessScorer
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
    monkeypatch.delenv("TEARS_YAMNET", raising=False)

    assert main(["--dataset", str(small_dataset), "--model", str(model_folder / "model.tflite")]) == 0

    printed = capsys.readouterr().out
    assert "val: 2 crying, 2 other" in printed
    assert "| this model | 1.000" in printed
    assert "| loudness |" in printed


def test_a_folder_without_a_manifest_is_one_line_of_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dataset", str(tmp_path)]) == 1

    assert "manifest.csv" in capsys.readouterr().err
