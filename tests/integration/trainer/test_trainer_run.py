"""Complete trainings that take seconds: what the command prints and writes."""

import contextlib
import io
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from support.training.training_folders import CLIP_SAMPLES, cry, flags, hiss, training_folder
from support.training.training_runs import SHORT_FLAGS, STEPS, FinishedRun, scores_of, train

from tears.trainer.__main__ import main
from tears.trainer.speech_commands import inference_time
from tears.trainer.speech_commands.flags import parse_trainer_flags
from tears.trainer.speech_commands.printed_lines import LinePrinter
from tears.trainer.speech_commands.training_run import TrainingRun


def test_a_run_prints_the_lines_that_people_know(finished: FinishedRun) -> None:
    assert finished.status == 0, finished.err
    lines = finished.out.splitlines()

    assert lines[0] == "Training from step: 1"
    steps = [line for line in lines if line.startswith("Step #")]
    form = re.compile(r"Step #\d+: rate \d\.\d{6}, accuracy \d+\.\d%, cross entropy \d+\.\d{6}")
    assert len(steps) == STEPS
    assert all(form.fullmatch(step) for step in steps)
    assert steps[8].startswith("Step #9: rate 0.020000,")
    assert steps[9].startswith("Step #10: rate 0.002000,")
    validated = [line for line in lines if ": Validation accuracy = " in line]
    assert [re.match(r"Step (\d+): Validation accuracy = \d+\.\d% \(N=\d+\)$", line)[1] for line in validated] == [  # type: ignore[index]
        "4",
        "8",
        "12",
    ]
    assert lines.count("Confusion Matrix:") == 4
    assert lines[lines.index("Confusion Matrix:") + 1].startswith(" [[")
    saved = [line for line in lines if line.startswith("Saving to ")]
    assert saved == [f'Saving to "{finished.folder}/tiny_conv.ckpt-{k}"' for k in range(2, 13, 2)]
    assert re.search(r"^Final test accuracy = \d+\.\d% \(N=\d+\)$", finished.out, re.MULTILINE)


def test_a_run_without_a_folder_of_noise_warns_and_goes_on(finished: FinishedRun) -> None:
    warnings = finished.err.splitlines()

    assert any("_background_noise_" in line and "quiet noise" in line for line in warnings)
    assert any("_unknown_: dog" in line for line in warnings)
    assert all(line.startswith("tears-train: warning: ") for line in warnings)


def test_a_run_writes_labels_checkpoints_pictures_and_a_model(finished: FinishedRun) -> None:
    folder = finished.folder
    labels = ["_silence_", "_unknown_", "quiet", "crying"]

    assert (folder / "tiny_conv_labels.txt").read_text().split() == labels
    assert (folder / "export" / "1" / "labels.txt").read_text().split() == labels
    assert (folder / "export" / "1" / "saved_model.pb").is_file()
    # As many checkpoints as the original kept, and no draft of one.
    kept = sorted(int(path.stem.rpartition("-")[2]) for path in folder.glob("*.ckpt-*.index"))
    assert kept == [4, 6, 8, 10, 12]
    assert tf.train.latest_checkpoint(str(folder)) == str(folder / "tiny_conv.ckpt-12")
    for name in ("training_curves", "confusion_matrix", "precision_recall", "reliability"):
        assert (folder / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    assert not list(folder.rglob(".*"))


def test_the_exported_model_answers_as_the_trained_network_does(finished: FinishedRun, data: Path) -> None:
    last = finished.folder / "tiny_conv.ckpt-12"
    arguments = flags(
        data, *SHORT_FLAGS, f"--train_dir={finished.folder}", "--summaries_dir=", f"--start_checkpoint={last}"
    )
    network = TrainingRun(parse_trainer_flags(arguments), LinePrinter("FATAL"))._network
    rng = np.random.default_rng(4)

    for sound in (cry(rng), hiss(rng), np.zeros(CLIP_SAMPLES)):
        logits = np.asarray(network._logits(tf.constant(sound[np.newaxis].astype(np.float32))))[0]
        expected = np.exp(logits) / np.exp(logits).sum()
        scores = scores_of(finished.folder / "export" / "1", sound)
        in_order = [scores[label] for label in ("_silence_", "_unknown_", "quiet", "crying")]
        np.testing.assert_allclose(in_order, expected, atol=1e-4)


def test_a_network_learns_to_tell_a_cry_from_hiss(data: Path, tmp_path: Path) -> None:
    done = train(data, tmp_path, "--how_many_training_steps=60,20", "--silence_percentage=0", "--unknown_percentage=0")
    rng = np.random.default_rng(4)

    assert "Final test accuracy = 100.0%" in done.out
    assert scores_of(tmp_path / "export" / "1", cry(rng))["crying"] > 0.9
    assert scores_of(tmp_path / "export" / "1", hiss(rng))["quiet"] > 0.9


def test_tensorboard_finds_training_and_validation(finished: FinishedRun) -> None:
    def steps_of(name: str) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for path in (finished.folder / "logs" / name).iterdir():
            for event in tf.compat.v1.train.summary_iterator(str(path)):
                for value in event.summary.value:
                    assert value.metadata.plugin_data.plugin_name == "scalars"
                    found.setdefault(value.tag, []).append(event.step)
        return found

    every = list(range(1, STEPS + 1))
    assert steps_of("train") == {"accuracy": every, "cross_entropy": every, "learning_rate": every}
    assert steps_of("validation") == {"accuracy": [4, 8, 12], "cross_entropy": [4, 8, 12]}


def test_eight_bits_make_a_smaller_model(finished: FinishedRun, data: Path, tmp_path: Path) -> None:
    done = train(data, tmp_path, "--quantize=true", f"--start_checkpoint={finished.folder}/tiny_conv.ckpt-12")

    assert done.status == 0
    sizes = [(folder / "export" / "1" / "model.tflite").stat().st_size for folder in (finished.folder, tmp_path)]
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize("preprocess", ["average", "micro"])
def test_the_other_fingerprints_can_be_trained_on_too(data: Path, tmp_path: Path, preprocess: str) -> None:
    one = ("--how_many_training_steps=1", "--learning_rate=0.0001", "--summaries_dir=")
    done = train(data, tmp_path, *one, f"--preprocess={preprocess}")

    assert done.status == 0, done.err


def test_verbosity_hides_lines(finished: FinishedRun, data: Path, tmp_path: Path) -> None:
    over = (f"--start_checkpoint={finished.folder}/tiny_conv.ckpt-12", "--summaries_dir=")
    warn = train(data, tmp_path, *over, "--verbosity=WARN")
    debug = train(data, tmp_path, *over, "--verbosity=debug")

    assert [line.split()[0] for line in warn.out.splitlines() if line[0] != " "] == ["Confusion", "Final", "Exported"]
    assert "warning" in warn.err
    assert re.search(r"^training: \d+ _silence_, \d+ _unknown_, \d+ quiet, \d+ crying$", debug.out, re.MULTILINE)


def test_a_slow_model_is_reported_as_slow(finished: FinishedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    version = finished.folder / "export" / "1"
    assert "tiny_conv takes a fraction" not in inference_time.time_one_window(version, CLIP_SAMPLES)

    monkeypatch.setattr(inference_time, "SLOW_MS", 0.0)
    line = inference_time.time_one_window(version, CLIP_SAMPLES)
    assert re.match(r"model.tflite has \d\.\d MB and takes .* ms a window .*fraction", line)


def test_only_our_own_lines_are_printed(data: Path, tmp_path: Path) -> None:
    words = flags(data, *SHORT_FLAGS, f"--train_dir={tmp_path}", "--summaries_dir=", "--how_many_training_steps=1,1")
    done = subprocess.run([sys.executable, "-m", "tears.trainer", *words], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert all(line.startswith("tears-train: warning: ") for line in done.stderr.splitlines())
    assert "INFO" not in done.stdout


def test_the_blogs_command_runs_as_typed_with_fewer_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training_folder(tmp_path / "data", {"silence": 12, "crying": 12}, 110_250, 22_050)
    monkeypatch.chdir(tmp_path)
    command = (
        "--data_url= --data_dir=./data --wanted_words=silence,crying --sample_rate=22050 --clip_duration_ms=5000 "
        "--how_many_training_steps=2,1 --learning_rate=0.001,0.0001 --train_dir=./training"
    )
    out = io.StringIO()

    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        assert main([*command.split(), f"--summaries_dir={tmp_path}/logs"]) == 0

    assert 'Saving to "./training/conv.ckpt-3"\n' in out.getvalue()
    assert (tmp_path / "training" / "conv_labels.txt").read_text().split() == [
        "_silence_",
        "_unknown_",
        "silence",
        "crying",
    ]
    scores = scores_of(tmp_path / "training" / "export" / "1", hiss(np.random.default_rng(1), 110_250))
    assert sum(scores.values()) == pytest.approx(1, abs=1e-4)


def test_an_archive_is_fetched_only_if_a_flag_names_it(data: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "words.tar.gz", "w:gz") as tar:
        for wav in sorted(data.glob("*/*.wav")):
            tar.add(wav, wav.relative_to(data))
    one = ("--how_many_training_steps=1", "--learning_rate=0.01", "--summaries_dir=")

    done = train(tmp_path / "data", tmp_path / "training", *one, f"--data_url={(tmp_path / 'words.tar.gz').as_uri()}")

    assert done.status == 0, done.err
    assert done.out.startswith("Successfully downloaded words.tar.gz (")
    assert "is not a folder" in train(tmp_path / "elsewhere", tmp_path / "training", *one, "--data_url=").err
