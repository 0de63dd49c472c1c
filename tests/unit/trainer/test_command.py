"""The trainer's command without what it needs, and the recipe's composed windows."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tears.trainer import __main__ as command
from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, SPANS
from tears.trainer.manifest import Clip
from tears.trainer.recipe.training_windows import compose_windows


def test_without_tensorflow_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    assert command.main(["--data_dir=nowhere", "--wanted_words=crying"]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "uv sync --inexact --extra training" in printed.err


def test_windows_are_composed_once_and_do_not_depend_on_the_number_of_workers(
    small_clips: list[Clip], tmp_path: Path
) -> None:
    one = compose_windows(small_clips, 6, 3, tmp_path / "one", workers=1)
    two = compose_windows(small_clips, 6, 3, tmp_path / "two", workers=2)

    assert one.features.shape == (6, FRONTEND_FRAMES, FRONTEND_BANDS)
    assert np.isfinite(one.features).all()
    assert one.spans.shape == (6, SPANS)
    assert one.taught is None
    np.testing.assert_array_equal(one.features, two.features)
    np.testing.assert_array_equal(one.labels, two.labels)

    [folder] = (tmp_path / "one").iterdir()
    written = (folder / "features.npy").stat().st_mtime_ns
    again = compose_windows(small_clips, 6, 3, tmp_path / "one", workers=1)
    assert (folder / "features.npy").stat().st_mtime_ns == written
    np.testing.assert_array_equal(one.labels, again.labels)
