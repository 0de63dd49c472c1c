"""The trainer's figures of merit, and the pictures of them."""

import math
from pathlib import Path

import numpy as np
import pytest

from tears.trainer.speech_commands.errors import WriteError
from tears.trainer.speech_commands.printed_lines import Lines, confusion_lines, final_line, step_line, validation_line
from tears.trainer.speech_commands.results import pictures
from tears.trainer.speech_commands.results.answers import Answers, average_precision, precision_recall, reliability
from tears.trainer.speech_commands.results.history import Step, read_history, write_history

LABELS = ("_silence_", "_unknown_", "quiet", "crying")
ANSWERS = Answers(
    np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.6, 0.2], [0.0, 0.1, 0.6, 0.3], [0.1, 0.0, 0.0, 0.9]]),
    np.array([0, 2, 3, 3]),
    0.7,
)
PNG = b"\x89PNG\r\n\x1a\n"


def test_the_lines_are_those_that_people_know() -> None:
    assert step_line(1, 0.001, 0.5, math.log(4)) == "Step #1: rate 0.001000, accuracy 50.0%, cross entropy 1.386294"
    assert validation_line(400, 0.9123, 137) == "Step 400: Validation accuracy = 91.2% (N=137)"
    assert final_line(0.912, 71) == "Final test accuracy = 91.2% (N=71)"
    assert confusion_lines(np.array([[3, 0], [12, 1]])) == "Confusion Matrix:\n [[ 3  0]\n [12  1]]"
    assert "..." not in confusion_lines(np.zeros((40, 40), np.int64))


def test_each_level_of_verbosity_keeps_back_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(verbosity: str) -> list[str]:
        lines = Lines(verbosity)
        lines.debug("debug")
        lines.info("info")
        lines.result("result")
        lines.warning("careful")
        out, err = capsys.readouterr()
        return [*out.split(), *err.splitlines()]

    warning = "tears-train: warning: careful"
    assert printed("DEBUG") == ["debug", "info", "result", warning]
    assert printed("INFO") == ["info", "result", warning]
    assert printed("WARN") == ["result", warning]
    assert printed("ERROR") == printed("FATAL") == []


def test_a_confusion_matrix_has_a_row_for_the_truth_and_a_column_for_the_answer() -> None:
    assert ANSWERS.confusion().tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]]
    assert ANSWERS.accuracy == 0.75


def test_precision_and_recall_are_counted_from_the_highest_score_down() -> None:
    recall, precision = precision_recall(np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False]))

    np.testing.assert_allclose(recall, [0.5, 1.0, 1.0])
    np.testing.assert_allclose(precision, [1.0, 2 / 3, 0.5])
    assert average_precision(recall, precision) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_scores_that_say_nothing_have_the_precision_of_guessing() -> None:
    recall, precision = precision_recall(np.full(10, 0.5), np.arange(10) < 3)

    assert average_precision(recall, precision) == pytest.approx(0.3)


def test_a_score_that_is_true_as_often_as_it_says_has_no_calibration_error() -> None:
    scores = np.repeat([0.25, 0.75], 100)
    true = np.concatenate([np.arange(100) < 25, np.arange(100) < 75])

    assert reliability(scores, true).expected_calibration_error == pytest.approx(0)
    assert reliability(scores, ~true).expected_calibration_error == pytest.approx(0.5)
    many_wrong = np.concatenate([np.arange(100) < 25, np.ones(100, bool), np.ones(200, bool)])
    unequal = reliability(np.repeat([0.25, 0.75], [100, 300]), many_wrong)
    assert unequal.expected_calibration_error == pytest.approx(0.25 * 300 / 400)
    assert reliability(np.array([1.0, 0.0]), np.array([True, False])).clips.tolist() == [1, *[0] * 8, 1]


def test_every_picture_is_a_png_that_is_written_whole(tmp_path: Path) -> None:
    steps = [Step(1, 0.01, 0.2, 1.4), Step(2, 0.001, 0.3, 1.2, 0.25, 1.3)]
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
        pictures.draw_curves(tmp_path / "gone" / "curves.png", [Step(1, 0.01, 0.2, 1.4)], "conv")


def test_a_smoothed_curve_is_as_long_as_the_curve_and_keeps_its_mean() -> None:
    np.testing.assert_allclose(pictures.smoothed(np.full(200, 3.0)), 3.0)
    assert pictures.smoothed(np.arange(3.0)).tolist() == [0, 1, 2]


def test_a_history_is_read_as_it_was_written_up_to_a_step(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    write_history(path, [Step(1, 0.01, 0.2, 1.4), Step(2, 0.01, 0.3, 1.2, 0.25, 1.3), Step(3, 0.01, 0.4, 1.1)])

    first, second = read_history(path, 2)
    assert math.isnan(first.validation_accuracy)
    assert second == Step(2, 0.01, 0.3, 1.2, 0.25, 1.3)


@pytest.mark.parametrize("content", [None, "", "a,b\n1,2\n", "step,rate\n", "\0"])
def test_a_history_that_is_missing_or_another_table_is_an_empty_one(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "history.csv"
    if content is not None:
        path.write_text(content)

    assert read_history(path, 9) == []
