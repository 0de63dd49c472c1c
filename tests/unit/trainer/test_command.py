"""The trainer's command without TensorFlow."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from support.places import ROOT
from support.training.training_folders import training_folder

from tears.trainer import __main__ as command
from tears.trainer.speech_commands.flags import ARCHITECTURE_NAMES


def test_without_tensorflow_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    assert command.main(["--data_dir=nowhere", "--wanted_words=crying"]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "make training" in printed.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--data_dir={tmp}/nope"], "nope is not a folder: --data_dir takes"),
        (["--fine_tune", "--data_dir={tmp}/nope"], "nope is not a folder; name one that holds"),
        (["--data_dir={tmp}/nope", "--model_architecture=resnet"], 'there is no architecture "resnet"'),
        (["--data_dir={tmp}/nope", "--start_checkpoint={tmp}/conv.ckpt-4"], "conv.ckpt-4 is not a checkpoint"),
        (["--data_dir={tmp}/data", "--wanted_words=quiet,cryin"], "did you mean crying?"),
        (["--data_dir={tmp}/data", "--wanted_words=quiet,crying", "--train_dir={tmp}/file/x"], "Not a directory"),
    ],
)
def test_what_is_wrong_is_said_before_tensorflow_is_loaded(
    words: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    training_folder(tmp_path / "data", {"quiet": 9, "crying": 9})
    (tmp_path / "file").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    # Whatever imports one of these fails.
    for module in ("tensorflow", "tears.trainer.fine_tuning.command", "tears.trainer.speech_commands.training_run"):
        monkeypatch.setitem(sys.modules, module, None)
    flags = ["--sample_rate=8000", "--clip_duration_ms=256"] if "--fine_tune" not in words else []
    assert command.main([word.format(tmp=tmp_path) for word in (*words, *flags)]) == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("tears-train: ")
    assert says in said


def test_the_architectures_of_the_flags_are_those_that_can_be_built() -> None:
    registry = (ROOT / "trainer/src/tears/trainer/speech_commands/architectures/registry.py").read_text()
    named = re.findall(r'^    "(\w+)": networks\.', registry, re.MULTILINE)
    assert (*named, "nursery") == ARCHITECTURE_NAMES
