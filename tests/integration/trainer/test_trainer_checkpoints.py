"""Trainings that continue from a checkpoint."""

import re
from pathlib import Path

import pytest
import tensorflow as tf
from support.training.training_runs import FinishedRun, train

from tears.trainer.speech_commands.results.history import read_steps


@pytest.mark.parametrize("optimizer", ["gradient_descent", "momentum"])
def test_a_resumed_run_continues_as_if_it_had_never_stopped(data: Path, tmp_path: Path, optimizer: str) -> None:
    short = ("--how_many_training_steps=4,2", "--learning_rate=0.02,0.01", f"--optimizer={optimizer}")
    whole = train(data, tmp_path / "whole", *short)
    train(data, tmp_path / "parts", *short, "--how_many_training_steps=3", "--learning_rate=0.02")
    resumed = train(data, tmp_path / "parts", *short, f"--start_checkpoint={tmp_path}/parts/tiny_conv.ckpt-2")

    assert resumed.out.splitlines()[0] == "Training from step: 3"
    steps = [line for line in whole.out.splitlines() if line.startswith("Step ")]
    assert [line for line in resumed.out.splitlines() if line.startswith("Step ")] == steps[2:]
    histories = [read_steps(tmp_path / name / "tiny_conv_history.csv", 99) for name in ("whole", "parts")]
    assert [step.cross_entropy for step in histories[0]] == [step.cross_entropy for step in histories[1]]
    assert (tmp_path / "parts" / "export" / "2" / "model.tflite").is_file()


def test_the_last_five_checkpoints_are_kept_in_a_resumed_run_too(data: Path, tmp_path: Path) -> None:
    each = ("--learning_rate=0.02", "--save_step_interval=1", "--eval_step_interval=9")
    train(data, tmp_path, *each, "--how_many_training_steps=4")
    train(data, tmp_path, *each, "--how_many_training_steps=7", f"--start_checkpoint={tmp_path}/tiny_conv.ckpt-4")
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == [f"tiny_conv.ckpt-{step}" for step in range(3, 8)]


def test_a_new_run_keeps_what_an_earlier_one_has_left_in_its_folder(data: Path, tmp_path: Path) -> None:
    short = ("--how_many_training_steps=3", "--learning_rate=0.02", "--summaries_dir=")
    train(data, tmp_path, *short)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}

    again = train(data, tmp_path, *short, "--batch_size=10")

    assert f"What an earlier run has left in {tmp_path} is now in {tmp_path}/earlier/1" in again.out
    kept = {path.name: path.read_bytes() for path in (tmp_path / "earlier" / "1").iterdir()}
    assert kept == {name: content for name, content in before.items() if name != "checkpoint"}
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == set(before)
    resumed = train(data, tmp_path, *short, f"--start_checkpoint={tmp_path}/earlier/1/tiny_conv.ckpt-3")
    assert resumed.status == 0
    assert not (tmp_path / "earlier" / "2").exists()


def test_a_run_that_goes_on_from_an_earlier_step_keeps_the_later_checkpoints(data: Path, tmp_path: Path) -> None:
    short = ("--how_many_training_steps=4", "--learning_rate=0.02", "--summaries_dir=")
    train(data, tmp_path, *short)
    last = (tmp_path / "tiny_conv.ckpt-4.data-00000-of-00001").read_bytes()

    train(data, tmp_path, *short, "--batch_size=10", f"--start_checkpoint={tmp_path}/tiny_conv.ckpt-2")

    assert [path.stem for path in (tmp_path / "earlier" / "1").glob("*.index")] == ["tiny_conv.ckpt-4"]
    assert (tmp_path / "earlier" / "1" / "tiny_conv.ckpt-4.data-00000-of-00001").read_bytes() == last
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == ["tiny_conv.ckpt-2", "tiny_conv.ckpt-4"]


def test_a_checkpoint_of_a_finished_run_is_tested_and_exported_again(
    finished: FinishedRun, data: Path, tmp_path: Path
) -> None:
    again = train(data, tmp_path, f"--start_checkpoint={finished.folder}/tiny_conv.ckpt-12.index")

    assert again.status == 0
    assert [line for line in again.out.splitlines() if line.startswith("Step #")] == []
    final = re.findall(r"^Final test accuracy.*$", finished.out, re.MULTILINE)
    assert re.findall(r"^Final test accuracy.*$", again.out, re.MULTILINE) == final


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (
            ("--model_architecture=single_fc",),
            ("architecture tiny_conv", "single_fc", "--model_architecture=tiny_conv"),
        ),
        (("--wanted_words=crying,quiet",), ("quiet, crying", "crying, quiet")),
        (("--window_stride_ms=20",), ("window_stride_ms 10.0", "20.0")),
        (("--upper_frequency_limit=3000",), ("upper_frequency_hz None", "3000.0")),
    ],
)
def test_a_checkpoint_of_another_network_is_an_error_that_names_both(
    finished: FinishedRun, data: Path, tmp_path: Path, more: tuple[str, ...], named: tuple[str, ...]
) -> None:
    done = train(data, tmp_path, f"--start_checkpoint={finished.folder}/tiny_conv.ckpt-12", *more)

    assert done.status == 1
    assert all(name in done.err.splitlines()[-1] for name in named), done.err
    assert "Traceback" not in done.err


def test_a_path_without_a_checkpoint_is_an_error_that_names_the_latest_one(
    finished: FinishedRun, data: Path, tmp_path: Path
) -> None:
    assert "--start_checkpoint: . is not a checkpoint" in train(data, tmp_path, "--start_checkpoint=.").err
    for start in (finished.folder, finished.folder / "conv.ckpt-9"):
        done = train(data, tmp_path, f"--start_checkpoint={start}")
        assert done.status == 1
        assert f"the latest in {finished.folder} is {finished.folder}/tiny_conv.ckpt-12" in done.err

    tf.train.Checkpoint(step=tf.Variable(1)).write(str(tmp_path / "other.ckpt-1"))
    assert "not a checkpoint of tears-train" in train(data, tmp_path, f"--start_checkpoint={tmp_path}/other.ckpt-1").err


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001"])
def test_a_damaged_checkpoint_is_an_error_that_names_it(
    finished: FinishedRun, data: Path, tmp_path: Path, suffix: str
) -> None:
    for part in finished.folder.glob("tiny_conv.ckpt-12.*"):
        (tmp_path / part.name).write_bytes(part.read_bytes())
    whole = tmp_path / f"tiny_conv.ckpt-12{suffix}"
    whole.write_bytes(whole.read_bytes()[:100])

    done = train(data, tmp_path / "training", f"--start_checkpoint={tmp_path}/tiny_conv.ckpt-12")

    assert done.status == 1
    assert "tiny_conv.ckpt-12 cannot be read" in done.err
    assert "Traceback" not in done.err
