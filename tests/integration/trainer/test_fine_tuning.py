"""Adapting the shipped model: what changes, what does not, and what is refused."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from support.places import SHIPPED_VERSION
from support.sound.own_recordings import crying, mixed, room, write_wav

from tears.alerter.settings import AlerterSettings
from tears.audio.constants import MODEL_RATE_HZ
from tears.kit.settings import load_settings
from tears.own_data.scoring.merit import is_better
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.own_data.scoring.verdict import read_verdict
from tears.own_data.sounds.named_signals import named_signals
from tears.own_data.sounds.rehearsal import rehearsal_windows
from tears.own_data.versions.proof import sha256_of
from tears.trainer.__main__ import main


@pytest.fixture(scope="session")
def own_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write clips of a muffled microphone in a loud room: four episodes of two cries, and four stretches of quiet."""
    folder = tmp_path_factory.mktemp("own")
    for name in range(4):
        episode = crying(10, name, -40, MODEL_RATE_HZ)
        # As a muffled microphone would record it.
        episode = np.convolve(episode, np.ones(9) / 9, "same").astype(np.int16)
        for k in range(2):
            cry = mixed(episode[k * 110_250 : (k + 1) * 110_250], room(5, MODEL_RATE_HZ, 10 * name + k, -46))
            write_wav(folder / "crying" / f"bout{name}_nohash_{k}.wav", cry)
            write_wav(
                folder / "quiet" / f"still{name}_nohash_{k}.wav", room(5, MODEL_RATE_HZ, 100 + 10 * name + k, -46)
            )
    return folder


@pytest.fixture
def model() -> Any:
    from tears.trainer.fine_tuning.trainable_model import TrainableModel  # noqa: PLC0415 - TensorFlow takes seconds to load

    return TrainableModel(SHIPPED_VERSION, "crying")


def windows_of_hiss() -> list[Any]:
    """Return one batch of hiss that is to be called crying."""
    from tears.trainer.fine_tuning.trainable_model import WINDOWS_PER_STEP, TaughtWindow  # noqa: PLC0415 - see model

    rng = np.random.default_rng(3)
    return [TaughtWindow(rng.normal(0, 0.1, 110_250).astype(np.float32), 0.9, 1.0) for _ in range(WINDOWS_PER_STEP)]


def test_a_trainable_model_gives_the_scores_that_are_served(model: Any) -> None:
    scorer = ModelScorer(SHIPPED_VERSION / "model.tflite")
    signals = list(named_signals().values())
    served = [scorer.score_waveform(signal) for signal in signals]
    # The served weights have eight bits, the trained ones 32. That moves a score in the middle of the scale most.
    np.testing.assert_allclose(model.scores(signals), served, atol=1e-2)


def test_the_layers_after_the_convolutions_have_no_bias_of_a_convolution(model: Any) -> None:
    layers = {variable.name.partition("/")[0] for variable in model.head}
    assert layers == {"pooled", "mistaken", "window_logit", "baby_cry", "head"}


def test_a_step_changes_only_the_weights_that_it_may_change(model: Any) -> None:
    import tensorflow as tf  # noqa: PLC0415 - see model

    from tears.trainer.fine_tuning.trainable_model import train_one_pass  # noqa: PLC0415 - see model

    head = {id(variable) for variable in model.head}
    before = _values(model)
    taught = windows_of_hiss()
    windows = [window.waveform for window in taught]
    before_training = float(np.mean(model.scores(windows)))
    step = model.step_of(model.head, tf.keras.optimizers.Adam(1e-3))
    losses = [train_one_pass(step, taught, np.random.default_rng(k)) for k in range(4)]
    assert losses[-1] < losses[0]
    assert float(np.mean(model.scores(windows))) > before_training
    changed = _changed(model, before)
    assert changed
    assert {id(variable) for variable in changed} <= head

    step = model.step_of(model.weights, tf.keras.optimizers.Adam(1e-3))
    train_one_pass(step, taught, np.random.default_rng(9))
    changed = _changed(model, before)
    assert any("conv" in variable.name for variable in changed)
    # Batch normalisation keeps its statistics and factors.
    assert not any(part in variable.name for variable in changed for part in ("gamma", "beta", "moving"))

    learnt = _values(model)
    model.blend(0.5)
    for variable in model.weights:
        halfway = (before[id(variable)] + learnt[id(variable)]) / 2
        np.testing.assert_allclose(variable.numpy(), halfway, atol=1e-6)
    model.blend(0.0)
    for variable in model.weights:
        np.testing.assert_array_equal(variable.numpy(), before[id(variable)])


def _values(model: Any) -> dict[int, Any]:
    """Return all variables by their identity: two networks of one model have the same names."""
    return {id(variable): variable.numpy() for variable in _variables(model)}


def _changed(model: Any, before: dict[int, Any]) -> list[Any]:
    return [one for one in _variables(model) if (before[id(one)] != one.numpy()).any()]


def _variables(model: Any) -> list[Any]:
    """Return all variables that the served function reads, including the statistics of batch normalisation."""
    found = list(model.saved.signatures["serving_default"].variables)
    assert any("moving" in variable.name for variable in found)
    return found


def test_the_whole_command_writes_a_version_and_its_verdict(
    own_clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEARS_ALERTER_OPEN_THRESHOLD", "0.35")
    assert load_settings(AlerterSettings).open_threshold == 0.35  # the variable that the alerter reads
    words = [
        "--fine_tune",
        f"--data_dir={own_clips}",
        f"--train_dir={tmp_path}",
        "--epochs=2",
        "--wanted_words=quiet,crying",
    ]
    assert main([*words, "--start_checkpoint", str(SHIPPED_VERSION)]) == 0
    out = tmp_path / "export" / "1"
    printed = capsys.readouterr().out
    assert "| AUC | " in printed
    assert f"Saved to {out}" in printed
    verdict = read_verdict(out)
    assert verdict is not None
    assert verdict.base_sha256 == sha256_of(SHIPPED_VERSION / "model.tflite")
    assert (verdict.is_better, verdict.reason) == is_better(verdict.new, verdict.old)
    assert verdict.learnt_clips + len(verdict.held_out) == 16
    assert verdict.threshold == 0.35
    held_out = {clip.recording for clip in verdict.held_out}
    assert len(held_out) == 2
    assert len(verdict.learnt) == verdict.learnt_clips
    assert {*verdict.learnt_recordings, *held_out} == {f"{kind}{k}" for kind in ("bout", "still") for k in range(4)}
    assert held_out.isdisjoint(verdict.learnt_recordings)
    assert "4 clips of 2 recordings that neither has learnt from; the threshold is 0.35:" in printed
    # A minute of clips makes nothing worse in the room where they were recorded.
    new, old = verdict.new.cross_entropy.value, verdict.old.cross_entropy.value
    assert new is not None
    assert old is not None
    assert new <= old + 0.02
    for clip in verdict.held_out:
        assert sha256_of(Path(clip.path)) == clip.sha256
    assert (out / "labels.txt").read_text() == (SHIPPED_VERSION / "labels.txt").read_text()
    assert (out / "saved_model.pb").is_file()
    assert "It is not a safety device" in (out / "MODEL_CARD.md").read_text()
    assert sha256_of(out / "model.tflite") != verdict.base_sha256
    assert sorted(path.name for path in (tmp_path / "export").iterdir()) == ["1"]


@pytest.mark.parametrize("where", ["at the requested place", "everywhere"])
def test_a_model_that_the_disk_does_not_take_is_kept_elsewhere(
    own_clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from tears.trainer.fine_tuning import command  # noqa: PLC0415 - see model

    asked, state = tmp_path / "asked" / "export", tmp_path / "state"

    def taught(*_: object) -> None:
        """Take the disk away while the model learns."""
        (draft,) = asked.iterdir()
        draft.rmdir()
        draft.write_text("no folder any more")

    monkeypatch.setattr(command, "teach", taught)
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    monkeypatch.setattr(tempfile, "tempdir", str(state / "tmp"))
    if where == "everywhere":
        state.write_text("no folder either")
    words = ["--fine_tune", f"--data_dir={own_clips}", f"--train_dir={asked.parent}"]

    assert main([*words, f"--start_checkpoint={SHIPPED_VERSION}"]) == 1

    said = capsys.readouterr().err
    assert said.startswith(f"tears-train: {asked} cannot be written: "), said
    assert said.count("\n") == 1
    if where == "everywhere":
        assert said.endswith("There was no other place for the adapted model either\n")
        return
    kept = state / "tears" / "adapted-models" / "1"
    assert said.endswith(f". The adapted model is in {kept} instead\n")
    assert read_verdict(kept) is not None
    assert (kept / "model.tflite").is_file()
    assert (kept / "MODEL_CARD.md").is_file()


def test_sigterm_leaves_nothing_half_written(own_clips: Path, tmp_path: Path) -> None:
    words = [
        "--fine_tune",
        f"--data_dir={own_clips}",
        f"--train_dir={tmp_path}",
        f"--start_checkpoint={SHIPPED_VERSION}",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "tears.trainer", *words, "--epochs=100"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert any(line.startswith("Epoch 1 of ") for line in process.stdout)
        assert list(tmp_path.glob("export/.unfinished-*"))
        process.terminate()
        _, output = process.communicate(timeout=120)
    assert process.returncode == 130
    assert output == "tears-train: interrupted; no version was saved\n"
    assert list((tmp_path / "export").iterdir()) == []


def write_other_model(folder: Path, signature: str) -> None:
    """Write a version that takes one second at 16 kHz."""
    module = tf.Module()
    module.weight = tf.Variable(1.0)
    score = tf.function(lambda waveform: {"crying": waveform[:, :1] * module.weight})
    spec = tf.TensorSpec((1, 16_000), tf.float32, name="waveform")
    tf.saved_model.save(module, str(folder), signatures={signature: score.get_concrete_function(spec)})
    (folder / "model.tflite").touch()


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("nowhere", "is not a folder"),
        ("no WAVs", "holds no folder with WAVs"),
        ("unknown label", "--other_labels=fussing"),
        ("wrong rate", "has 16000 Hz, not 22050"),
        ("one recording", "of one recording"),
        ("no model", "is not a version of a model"),
        ("another input", "trained with --sample_rate=22050"),
        ("no signature", "has no signature serving_default"),
    ],
)
def test_bad_clips_or_models_are_an_error_with_its_cure_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str, says: str
) -> None:
    data, base = tmp_path / "own", SHIPPED_VERSION
    for k in range(1 if how == "one recording" else 2):
        rate = 16_000 if how == "wrong rate" else MODEL_RATE_HZ
        write_wav(data / "crying" / f"a{k}_nohash_0.wav", room(5, rate, k), rate)
        write_wav(data / "quiet" / f"b{k}_nohash_0.wav", room(5, MODEL_RATE_HZ, 10 + k))
    if how == "unknown label":
        write_wav(data / "fussing" / "c_nohash_0.wav", room(5, MODEL_RATE_HZ, 20))
    elif how == "no WAVs":
        data = tmp_path / "other"
        data.mkdir()
    elif how == "nowhere":
        data = tmp_path / "nowhere"
    elif how == "no model":
        base = tmp_path
    elif how in ("another input", "no signature"):
        base = tmp_path / "model"
        write_other_model(base, "serving_default" if how == "another input" else "other")
    words = [f"--data_dir={data}", f"--train_dir={tmp_path / 'out'}", f"--start_checkpoint={base}"]
    assert main(["--fine_tune", *words]) == 1
    printed = capsys.readouterr().err
    assert says in printed
    assert printed.startswith("tears-train: ")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_an_error_before_the_training(
    own_clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("a file stands in the way")
    words = ["--fine_tune", f"--data_dir={own_clips}", f"--train_dir={tmp_path / 'out'}", "--epochs=1"]
    assert main([*words, f"--start_checkpoint={SHIPPED_VERSION}"]) == 1
    printed = capsys.readouterr()
    assert "out/export cannot be written: Not a directory" in printed.err
    assert "Epoch" not in printed.out


def test_a_threshold_that_the_alerter_would_refuse_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEARS_ALERTER_OPEN_THRESHOLD", "65%")

    assert main(["--fine_tune", "--data_dir=own"]) == 1
    assert "TEARS_ALERTER_OPEN_THRESHOLD is '65%', but must be" in capsys.readouterr().err


def test_rehearsal_depends_on_its_seed_and_contains_no_crying() -> None:
    once, again = rehearsal_windows(6, 1), rehearsal_windows(6, 1)
    assert all(np.array_equal(one, other) for one, other in zip(once, again, strict=True))
    scorer = ModelScorer(SHIPPED_VERSION / "model.tflite")
    assert max(scorer.score_waveform(window) for window in once) < 0.9
