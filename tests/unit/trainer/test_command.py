"""The trainer's command without TensorFlow."""

import importlib.util

import pytest

from tears.trainer import __main__ as command


def test_without_tensorflow_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    assert command.main(["--data_dir=nowhere", "--wanted_words=crying"]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "make training" in printed.err
