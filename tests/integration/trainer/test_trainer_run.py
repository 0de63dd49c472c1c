"""Whole trainings, of seconds: short clips, a small network, few steps; the command as people type it."""

import contextlib
import io
import re
import resource
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from support.sound.training_folders import CLIP_SAMPLES, cry, flags, hush, training_folder, write_wav

from tears.trainer.__main__ import main
from tears.trainer.speech_commands import inference_time as speed
from tears.trainer.speech_commands import training_run as run_module
from tears.trainer.speech_commands.errors import WriteError
from tears.trainer.speech_commands.flags import parse_flags
from tears.trainer.speech_commands.printed_lines import Lines
from tears.trainer.speech_commands.results.history import Step, read_history
from tears.trainer.speech_commands.results.tensorboard import Summaries
from tears.trainer.speech_commands.training_run import Run

STEPS = 12
SHORT = (
    "--model_architecture=tiny_conv",
    f"--how_many_training_steps={STEPS - 3},3",
    "--learning_rate=0.02,0.002",
    "--save_step_interval=2",
    "--eval_step_interval=4",
    "--batch_size=20",
)


@dataclass(frozen=True)
class Finished:
    """A run that is over."""

    status: int
    out: str
    err: str
    folder: Path


def train(data: Path, train_dir: Path, *more: str) -> Finished:
    """Runs the command in this process, which has TensorFlow loaded."""
    out, err = io.StringIO(), io.StringIO()
    arguments = flags(data, *SHORT, f"--train_dir={train_dir}", f"--summaries_dir={train_dir}/logs", *more)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    return Finished(status, out.getvalue(), err.getvalue(), train_dir)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two wanted words of sixty clips each, twenty of a dog; no folder of noise."""
    return training_folder(tmp_path_factory.mktemp("data"), {"quiet": 60, "crying": 60, "dog": 20})


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run of twelve steps in two phases."""
    return train(data, tmp_path_factory.mktemp("run") / "training")


def scores_of(version: Path, sound: np.ndarray) -> dict[str, float]:
    runner = Interpreter(model_path=str(version / "model.tflite"), num_threads=1).get_signature_runner(
        "serving_default"
    )
    answers = runner(waveform=sound[np.newaxis].astype(np.float32))
    labels = (version / "labels.txt").read_text().split()
    return {label: float(answers[label].item()) for label in labels}


def test_a_run_prints_the_lines_that_people_know(finished: Finished) -> None:
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


def test_a_run_without_a_folder_of_noise_warns_and_goes_on(finished: Finished) -> None:
    warnings = finished.err.splitlines()

    assert any("_background_noise_" in line and "quiet noise" in line for line in warnings)
    assert any("_unknown_: dog" in line for line in warnings)
    assert all(line.startswith("tears-train: warning: ") for line in warnings)


def test_a_run_leaves_labels_checkpoints_pictures_and_a_model(finished: Finished) -> None:
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


def test_the_export_answers_as_the_network_that_was_trained(finished: Finished, data: Path) -> None:
    last = finished.folder / "tiny_conv.ckpt-12"
    arguments = flags(data, *SHORT, f"--train_dir={finished.folder}", "--summaries_dir=", f"--start_checkpoint={last}")
    network = Run(parse_flags(arguments), Lines("FATAL"))._network
    rng = np.random.default_rng(4)

    for sound in (cry(rng), hush(rng), np.zeros(CLIP_SAMPLES)):
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
    assert scores_of(tmp_path / "export" / "1", hush(rng))["quiet"] > 0.9


@pytest.mark.parametrize("optimizer", ["gradient_descent", "momentum"])
def test_a_run_that_is_resumed_goes_on_as_if_it_had_never_stopped(data: Path, tmp_path: Path, optimizer: str) -> None:
    short = ("--how_many_training_steps=4,2", "--learning_rate=0.02,0.01", f"--optimizer={optimizer}")
    whole = train(data, tmp_path / "whole", *short)
    train(data, tmp_path / "parts", *short, "--how_many_training_steps=3", "--learning_rate=0.02")
    resumed = train(data, tmp_path / "parts", *short, f"--start_checkpoint={tmp_path}/parts/tiny_conv.ckpt-2")

    assert resumed.out.splitlines()[0] == "Training from step: 3"
    steps = [line for line in whole.out.splitlines() if line.startswith("Step ")]
    assert [line for line in resumed.out.splitlines() if line.startswith("Step ")] == steps[2:]
    histories = [read_history(tmp_path / name / "tiny_conv_history.csv", 99) for name in ("whole", "parts")]
    assert [step.cross_entropy for step in histories[0]] == [step.cross_entropy for step in histories[1]]
    assert (tmp_path / "parts" / "export" / "2" / "model.tflite").is_file()


def test_the_last_five_checkpoints_are_kept_of_a_run_that_is_resumed_too(data: Path, tmp_path: Path) -> None:
    each = ("--learning_rate=0.02", "--save_step_interval=1", "--eval_step_interval=9")
    train(data, tmp_path, *each, "--how_many_training_steps=4")
    train(data, tmp_path, *each, "--how_many_training_steps=7", f"--start_checkpoint={tmp_path}/tiny_conv.ckpt-4")
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == [f"tiny_conv.ckpt-{step}" for step in range(3, 8)]


def test_a_checkpoint_of_a_finished_run_is_tested_and_exported_again(
    finished: Finished, data: Path, tmp_path: Path
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
    finished: Finished, data: Path, tmp_path: Path, more: tuple[str, ...], named: tuple[str, ...]
) -> None:
    done = train(data, tmp_path, f"--start_checkpoint={finished.folder}/tiny_conv.ckpt-12", *more)

    assert done.status == 1
    assert all(name in done.err.splitlines()[-1] for name in named), done.err
    assert "Traceback" not in done.err


def test_what_is_no_checkpoint_is_an_error_that_names_the_latest(
    finished: Finished, data: Path, tmp_path: Path
) -> None:
    assert "--start_checkpoint: . is no checkpoint" in train(data, tmp_path, "--start_checkpoint=.").err
    for start in (finished.folder, finished.folder / "conv.ckpt-9"):
        done = train(data, tmp_path, f"--start_checkpoint={start}")
        assert done.status == 1
        assert f"the latest in {finished.folder} is {finished.folder}/tiny_conv.ckpt-12" in done.err

    tf.train.Checkpoint(step=tf.Variable(1)).write(str(tmp_path / "other.ckpt-1"))
    assert "no checkpoint of tears-train" in train(data, tmp_path, f"--start_checkpoint={tmp_path}/other.ckpt-1").err


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001"])
def test_a_damaged_checkpoint_is_an_error_that_names_it(
    finished: Finished, data: Path, tmp_path: Path, suffix: str
) -> None:
    for part in finished.folder.glob("tiny_conv.ckpt-12.*"):
        (tmp_path / part.name).write_bytes(part.read_bytes())
    whole = tmp_path / f"tiny_conv.ckpt-12{suffix}"
    whole.write_bytes(whole.read_bytes()[:100])

    done = train(data, tmp_path / "training", f"--start_checkpoint={tmp_path}/tiny_conv.ckpt-12")

    assert done.status == 1
    assert "tiny_conv.ckpt-12 cannot be read" in done.err
    assert "Traceback" not in done.err


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What the kernel does where a disk is full, without filling one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


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


def test_a_disk_that_fills_up_below_tensorboards_files_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    summaries = Summaries(str(tmp_path / "logs"))

    def many() -> None:
        for step in range(1, 200):
            summaries.step(Step(step, 0.1, 0.5, 1.0, 0.5, 1.0))

    with (
        files_of_at_most(2048),
        pytest.raises(WriteError, match=r"--summaries_dir: .*logs cannot be written: File too"),
    ):
        many()


def test_a_rate_that_is_too_high_ends_in_an_error_and_not_in_a_model(data: Path, tmp_path: Path) -> None:
    hot = ("--learning_rate=1e20,1e20", "--save_step_interval=100")
    loss = train(data, tmp_path, *hot)
    names = train(data, tmp_path, *hot, "--check_nans=true")

    assert (loss.status, names.status) == (1, 1)
    assert re.search(r"step \d: the cross entropy is nan; lower --learning_rate", loss.err)
    assert re.search(r"step \d: the (logits|gradient of \S+) had \S*(NaN|Inf)", names.err), names.err
    assert not (tmp_path / "export").exists()


def test_tensorboard_finds_training_and_validation(finished: Finished) -> None:
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


def test_eight_bits_make_a_smaller_model(finished: Finished, data: Path, tmp_path: Path) -> None:
    done = train(data, tmp_path, "--quantize=true", f"--start_checkpoint={finished.folder}/tiny_conv.ckpt-12")

    assert done.status == 0
    sizes = [(folder / "export" / "1" / "model.tflite").stat().st_size for folder in (finished.folder, tmp_path)]
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize("preprocess", ["average", "micro"])
def test_the_other_fingerprints_are_trained_on_as_well(data: Path, tmp_path: Path, preprocess: str) -> None:
    one = ("--how_many_training_steps=1", "--learning_rate=0.0001", "--summaries_dir=")
    done = train(data, tmp_path, *one, f"--preprocess={preprocess}")

    assert done.status == 0, done.err


def test_verbosity_keeps_lines_back(finished: Finished, data: Path, tmp_path: Path) -> None:
    over = (f"--start_checkpoint={finished.folder}/tiny_conv.ckpt-12", "--summaries_dir=")
    warn = train(data, tmp_path, *over, "--verbosity=WARN")
    debug = train(data, tmp_path, *over, "--verbosity=debug")

    assert [line.split()[0] for line in warn.out.splitlines() if line[0] != " "] == ["Confusion", "Final", "Exported"]
    assert "warning" in warn.err
    assert re.search(r"^training: \d+ _silence_, \d+ _unknown_, \d+ quiet, \d+ crying$", debug.out, re.MULTILINE)


def test_a_slow_model_is_said_to_be_slow(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    version = finished.folder / "export" / "1"
    assert "tiny_conv takes a fraction" not in speed.time_one_window(version, CLIP_SAMPLES)

    monkeypatch.setattr(speed, "SLOW_MS", 0.0)
    assert re.match(
        r"model.tflite has \d\.\d MB and takes .* ms a window .*fraction", speed.time_one_window(version, CLIP_SAMPLES)
    )


def test_nothing_but_our_own_lines_is_printed(data: Path, tmp_path: Path) -> None:
    words = flags(data, *SHORT, f"--train_dir={tmp_path}", "--summaries_dir=", "--how_many_training_steps=1,1")
    done = subprocess.run([sys.executable, "-m", "tears.trainer", *words], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert all(line.startswith("tears-train: warning: ") for line in done.stderr.splitlines())
    assert "INFO" not in done.stdout


def test_bad_input_ends_in_one_line_before_anything_is_written(tmp_path: Path) -> None:
    data = training_folder(tmp_path / "data", {"quiet": 9, "crying": 9})
    path = write_wav(data / "crying" / "fast.wav", hush(np.random.default_rng(1)), 44_100)

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


def test_ctrl_c_ends_a_run_in_one_line(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module.Run, "_validate", interrupted)
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

    monkeypatch.setattr(run_module.Run, "_step", interrupted)
    done = train(data, tmp_path)

    assert done.status == 130
    assert done.err.splitlines()[-1] == "tears-train: interrupted; no checkpoint was saved yet"


def test_without_a_recording_to_test_on_there_is_a_warning_and_no_figure(data: Path, tmp_path: Path) -> None:
    one = ("--how_many_training_steps=1", "--learning_rate=0.01", "--summaries_dir=", "--testing_percentage=0")
    done = train(data, tmp_path, *one, "--validation_percentage=0")

    assert done.status == 0
    assert "no final test" in done.err
    assert "Final test accuracy" not in done.out
    assert not (tmp_path / "confusion_matrix.png").exists()
    assert (tmp_path / "training_curves.png").is_file()


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
    scores = scores_of(tmp_path / "training" / "export" / "1", hush(np.random.default_rng(1), 110_250))
    assert sum(scores.values()) == pytest.approx(1, abs=1e-4)


def test_an_archive_is_fetched_only_where_it_is_named(data: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "words.tar.gz", "w:gz") as tar:
        for wav in sorted(data.glob("*/*.wav")):
            tar.add(wav, wav.relative_to(data))
    one = ("--how_many_training_steps=1", "--learning_rate=0.01", "--summaries_dir=")

    done = train(tmp_path / "data", tmp_path / "training", *one, f"--data_url={(tmp_path / 'words.tar.gz').as_uri()}")

    assert done.status == 0, done.err
    assert done.out.startswith("Successfully downloaded words.tar.gz (")
    assert "no folder" in train(tmp_path / "elsewhere", tmp_path / "training", *one, "--data_url=").err
