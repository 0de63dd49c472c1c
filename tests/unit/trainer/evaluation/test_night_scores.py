"""The file of a night's scores, and the nights that are refused."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tears.trainer.evaluation.night_scores import main


def test_each_second_has_a_window_with_score_and_level(tmp_path: Path, model_folder: Path) -> None:
    soundfile.write(tmp_path / "night.wav", np.zeros(7 * 48_000, np.int16), 48_000)

    model = str(model_folder / "model.tflite")
    assert main([str(tmp_path / "night.wav"), "--model", model, "--out", str(tmp_path / "out")]) == 0

    lines = [json.loads(line) for line in (tmp_path / "out" / "night.detections.jsonl").read_text().splitlines()]
    assert [line["end_seconds"] for line in lines] == [5.0, 6.0, 7.0]
    assert all(line["cry_score"] < 0.1 and line["level_dbfs"] < -80 for line in lines)


@pytest.mark.parametrize(
    ("night", "model", "message"),
    [
        ("gone.wav", "", r"gone\.wav cannot be read as sound"),
        ("stereo.wav", "", "has 2 channels; a recorder writes one"),
        ("mono.wav", "gone.tflite", r"gone\.tflite is not a model\.tflite as tears-train exports it .*export it again"),
        ("mono.wav", "mono.wav", r"mono\.wav is not a model\.tflite"),
    ],
)
def test_a_night_or_model_that_cannot_be_read_is_reported_in_a_line(
    tmp_path: Path,
    model_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    night: str,
    model: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    soundfile.write("stereo.wav", np.zeros((48_000, 2), np.int16), 48_000)
    soundfile.write("mono.wav", np.zeros(48_000, np.int16), 48_000)

    assert main([night, "--model", model or str(model_folder.resolve() / "model.tflite"), "--out", "out"]) == 1
    assert re.search(message, capsys.readouterr().err)
