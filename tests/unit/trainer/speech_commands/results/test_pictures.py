"""The pictures of a run."""

from pathlib import Path

import numpy as np
import pytest

from tears.trainer.errors import WriteError
from tears.trainer.speech_commands.results import pictures
from tears.trainer.speech_commands.results.answers import Answers
from tears.trainer.speech_commands.results.history import TrainingStep

LABELS = ("_silence_", "_unknown_", "quiet", "crying")
ANSWERS = Answers(
    np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.6, 0.2], [0.0, 0.1, 0.6, 0.3], [0.1, 0.0, 0.0, 0.9]]),
    np.array([0, 2, 3, 3]),
    0.7,
)
PNG = b"\x89PNG\r\n\x1a\n"


def test_every_picture_is_a_png_that_is_written_whole(tmp_path: Path) -> None:
    steps = [TrainingStep(1, 0.01, 0.2, 1.4), TrainingStep(2, 0.001, 0.3, 1.2, 0.25, 1.3)]
    no_word = Answers(np.eye(4)[[0, 0, 1]], np.array([0, 0, 1]), 0.1)
    many = Answers(np.full((20, 10), 0.1), np.arange(20) % 10, 2.3)

    pictures.draw_curves(tmp_path / "curves.png", steps, "tiny_conv")
    pictures.draw_curves(tmp_path / "one.png", steps[:1], "tiny_conv")
    for draw in (pictures.draw_confusion, pictures.draw_precision_recall, pictures.draw_reliability):
        draw(tmp_path / f"{draw.__name__}.png", ANSWERS, LABELS, "test")
        draw(tmp_path / f"{draw.__name__}0.png", no_word, LABELS, "test")
        draw(tmp_path / f"{draw.__name__}10.png", many, [f"label {k}" for k in range(10)], "test")

    written = sorted(tmp_path.iterdir())
    assert len(written) == 11
    assert all(path.suffix == ".png" and path.read_bytes()[:8] == PNG for path in written)


def test_a_picture_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"gone/curves.png"):
        pictures.draw_curves(tmp_path / "gone" / "curves.png", [TrainingStep(1, 0.01, 0.2, 1.4)], "conv")


def test_a_smoothed_curve_is_as_long_as_the_curve_and_keeps_its_mean() -> None:
    np.testing.assert_allclose(pictures.smoothed(np.full(200, 3.0)), 3.0)
    assert pictures.smoothed(np.arange(3.0)).tolist() == [0, 1, 2]
