"""Trainings that cannot go on: one line with the cause, and whole files on the disk."""

import re
from pathlib import Path

import numpy as np
import pytest
from support.training.training_folders import hiss, training_folder, write_wav
from support.training.training_runs import files_of_at_most, train

from tears.trainer.errors import WriteError
from tears.trainer.speech_commands import training_run
from tears.trainer.speech_commands.results.history import TrainingStep
from tears.trainer.speech_commands.results.tensorboard import Summaries


def test_a_full_disk_is_an_error_and_leaves_the_last_checkpoint_whole(data: Path, tmp_path: Path) -> None:
    whole = train(data, tmp_path, "--how_many_training_steps=2", "--learning_rate=0.02")
    assert whole.status == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    resume = (f"--start_checkpoint={tmp_path}/tiny_conv.ckpt-2", "--summaries_dir=")

    with files_of_at_most(4096):
        done = train(data, tmp_path, *resume)

    assert done.status == 1
    assert "tiny_conv.ckpt-4 cannot be written: File too large; free some room" in done.err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert not list(tmp_path.glob("*_temp"))
    assert train(data, tmp_path, *resume).status == 0


def test_a_model_that_cannot_be_exported_says_how_to_export_it_later(data: Path, tmp_path: Path) -> None:
    short = ("--how_many_training_steps=2", "--learning_rate=0.02", "--summaries_dir=")
    (tmp_path / "export").write_text("in the way")

    done = train(data, tmp_path, *short)
    again = train(data, tmp_path, *short, f"--start_checkpoint={tmp_path}/tiny_conv.ckpt-2")

    cure = f"the same flags with --start_checkpoint={tmp_path}/tiny_conv.ckpt-2 test and export it\n"
    assert (done.status, again.status) == (1, 1)
    assert done.err.endswith(f". The trained network is kept: {cure}"), done.err
    assert again.err.endswith(cure)
    (tmp_path / "export").unlink()
    assert train(data, tmp_path, *short, f"--start_checkpoint={tmp_path}/tiny_conv.ckpt-2").status == 0
    assert (tmp_path / "export" / "1" / "model.tflite").is_file()


def test_a_full_disk_during_tensorboards_writes_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    summaries = Summaries(str(tmp_path / "logs"))

    def many() -> None:
        for step in range(1, 200):
            summaries.write_step(TrainingStep(step, 0.1, 0.5, 1.0, 0.5, 1.0))

    with (
        files_of_at_most(2048),
        pytest.raises(WriteError, match=r"--summaries_dir: .*logs cannot be written: File too"),
    ):
        many()


def test_a_learning_rate_that_is_too_high_gives_an_error_and_no_model(data: Path, tmp_path: Path) -> None:
    hot = ("--learning_rate=1e20,1e20", "--save_step_interval=100")
    loss = train(data, tmp_path, *hot)
    names = train(data, tmp_path, *hot, "--check_nans=true")

    assert (loss.status, names.status) == (1, 1)
    assert re.search(r"step \d: the cross entropy is nan; lower --learning_rate", loss.err)
    assert re.search(r"step \d: the (logits|gradient of \S+) had \S*(NaN|Inf)", names.err), names.err
    assert not (tmp_path / "export").exists()


def test_bad_input_gives_one_line_before_anything_is_written(tmp_path: Path) -> None:
    data = training_folder(tmp_path / "data", {"quiet": 9, "crying": 9})
    path = write_wav(data / "crying" / "fast.wav", hiss(np.random.default_rng(1)), 44_100)

    done = train(data, tmp_path / "training")

    assert (done.status, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert done.err.startswith(f"tears-train: {path} has 44100 Hz")
    assert not (tmp_path / "training").exists()


def test_an_unknown_architecture_is_an_error_that_names_all(data: Path, tmp_path: Path) -> None:
    done = train(data, tmp_path / "training", "--model_architecture=resnet")

    assert done.status == 1
    assert all(name in done.err for name in ("resnet", "tiny_conv", "low_latency_svdf", "nursery"))
    assert "Traceback" not in done.err


def test_ctrl_c_ends_a_run_with_one_line(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training_run.TrainingRun, "_validate", interrupted)
    done = train(data, tmp_path)

    assert done.status == 130
    assert done.err.splitlines()[-1].startswith("tears-train: interrupted")
    assert "--start_checkpoint" in done.err
    assert (tmp_path / "tiny_conv.ckpt-2.index").is_file()


def test_ctrl_c_before_the_first_checkpoint_says_that_there_is_none(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training_run.TrainingRun, "_train_step", interrupted)
    done = train(data, tmp_path)

    assert done.status == 130
    assert done.err.splitlines()[-1] == "tears-train: interrupted; no checkpoint was saved yet"


def test_without_a_recording_for_the_test_there_is_a_warning_and_no_result(data: Path, tmp_path: Path) -> None:
    one = ("--how_many_training_steps=1", "--learning_rate=0.01", "--summaries_dir=", "--testing_percentage=0")
    done = train(data, tmp_path, *one, "--validation_percentage=0")

    assert done.status == 0
    assert "no final test" in done.err
    assert "Final test accuracy" not in done.out
    assert not (tmp_path / "confusion_matrix.png").exists()
    assert (tmp_path / "training_curves.png").is_file()
