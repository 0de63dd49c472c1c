"""label_wav: the lines that people know from speech_commands, and its errors."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.baby_cry import baby_cry

from tears.audio.constants import MODEL_RATE_HZ
from tears.trainer.speech_commands import label_wav


@pytest.fixture
def cry(tmp_path: Path) -> Path:
    path = tmp_path / "cry.wav"
    soundfile.write(path, baby_cry(), MODEL_RATE_HZ, subtype="PCM_16")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, list[str], str]:
    """Return exit status, lines and error text."""
    status = label_wav.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def test_nothing_but_the_lines_is_printed(cry: Path, model_folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tears.trainer.speech_commands.label_wav",
        f"--wav={cry}",
        f"--graph={model_folder}",
    ]

    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert ran.stdout.count("(score = ") == len(ran.stdout.splitlines()) == 2
    assert ran.stderr == ""


def test_the_best_labels_come_first_with_five_digits(
    cry: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines, _ = run(capsys, f"--wav={cry}", f"--graph={model_folder}")

    assert status == 0
    scores = [float(line.partition("(score = ")[2].removesuffix(")")) for line in lines]
    assert lines == [f"crying (score = {scores[0]:.5f})", f"other (score = {scores[1]:.5f})"]
    assert scores[0] > scores[1]
    assert sum(scores) == pytest.approx(1.0, abs=2e-5)


def test_the_model_may_be_a_file_a_version_or_the_folder_of_the_versions(
    cry: Path, model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "export" / "2").mkdir(parents=True)
    shutil.copytree(model_folder, tmp_path / "export" / "10", ignore=lambda *_: ["variables"])

    answers = [
        run(capsys, f"--wav={cry}", f"--graph={graph}", "--how_many_labels=1")
        for graph in (model_folder / "model.tflite", model_folder, model_folder.parent, tmp_path / "export")
    ]

    assert answers == [answers[0]] * 4
    assert len(answers[0][1]) == 1


def test_the_labels_may_be_in_another_file_but_must_match_the_model(
    cry: Path, model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "conv_labels.txt"
    own.write_text("other\ncrying\n")
    assert run(capsys, f"--wav={cry}", f"--graph={model_folder}", f"--labels={own}")[1][0].startswith("crying (score")

    own.write_text("other\nquiet\n")
    status, lines, complaint = run(capsys, f"--wav={cry}", f"--graph={model_folder}", f"--labels={own}")
    assert (status, lines) == (1, [])
    assert "do not belong together: crying, quiet is in one of them only" in complaint


def test_a_short_sound_is_followed_by_silence_and_only_the_beginning_of_a_long_one_counts(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = baby_cry()[: MODEL_RATE_HZ * 2]
    silence = np.zeros(MODEL_RATE_HZ * 3, np.float32)
    loud = np.full(MODEL_RATE_HZ, 0.9, np.float32)
    sounds = {"short": sound, "whole": np.concatenate([sound, silence]), "long": np.concatenate([sound, silence, loud])}

    answers = []
    for name, samples in sounds.items():
        soundfile.write(tmp_path / f"{name}.wav", samples, MODEL_RATE_HZ, subtype="PCM_16")
        answers.append(run(capsys, f"--wav={tmp_path / f'{name}.wav'}", f"--graph={model_folder}"))

    assert answers == [answers[0]] * 3


def test_a_sound_of_another_rate_or_in_stereo_is_an_error_that_names_it(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "fast.wav", baby_cry(), 48_000)
    soundfile.write(tmp_path / "wide.wav", np.stack([baby_cry()] * 2, axis=1), MODEL_RATE_HZ)
    (tmp_path / "text.wav").write_text("no sound")

    for name, complaint in (
        ("fast.wav", "fast.wav has 48000 Hz and 1 channels, and the model takes one channel of 22050 Hz: sox fast.wav"),
        ("wide.wav", "wide.wav has 22050 Hz and 2 channels"),
        ("text.wav", "text.wav cannot be read as sound"),
        ("none.wav", "there is no "),
    ):
        status, lines, printed = run(capsys, f"--wav={tmp_path / name}", f"--graph={model_folder}")
        assert (status, lines) == (1, [])
        assert complaint in printed
        assert printed.count("\n") == 1


def test_the_sample_rate_is_read_from_the_version(
    cry: Path, model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("model.tflite", "labels.txt"):
        shutil.copy(model_folder / name, tmp_path / name)
    (tmp_path / "waveform.json").write_text(json.dumps({"samples": 110_250, "sample_rate_hz": 16_000}))
    assert "takes one channel of 16000 Hz" in run(capsys, f"--wav={cry}", f"--graph={tmp_path}")[2]

    (tmp_path / "waveform.json").write_text("{}")
    assert "waveform.json does not say a sample rate" in run(capsys, f"--wav={cry}", f"--graph={tmp_path}")[2]


def test_a_folder_without_a_model_and_a_file_that_is_not_one_are_errors_that_name_them(
    cry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--graph: there is no " in run(capsys, f"--wav={cry}", f"--graph={tmp_path}")[2]

    (tmp_path / "model.tflite").write_bytes(b"no model")
    (tmp_path / "labels.txt").write_text("crying\n")
    assert "is not a model that tears-train exported" in run(capsys, f"--wav={cry}", f"--graph={tmp_path}")[2]
