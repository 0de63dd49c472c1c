"""Figures of merit of a network's answers."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tears.trainer.speech_commands.results.answers import Answers, precision_recall, reliability


def test_a_confusion_matrix_has_a_row_for_the_truth_and_a_column_for_the_answer() -> None:
    scores = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.6, 0.2], [0.0, 0.1, 0.6, 0.3], [0.1, 0.0, 0.0, 0.9]])
    answers = Answers(scores, np.array([0, 2, 3, 3]), 0.7)

    assert answers.confusion().tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]]
    assert answers.accuracy == 0.75


def test_precision_and_recall_are_counted_from_the_highest_score_down() -> None:
    recall, precision = precision_recall(np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False]))

    np.testing.assert_allclose(recall, [0.5, 1.0, 1.0])
    np.testing.assert_allclose(precision, [1.0, 2 / 3, 0.5])


def test_equal_scores_have_the_precision_of_guessing() -> None:
    recall, precision = precision_recall(np.full(10, 0.5), np.arange(10) < 3)

    assert recall.tolist() == [1.0]
    assert precision.tolist() == [0.3]


def test_average_precision_is_the_area_under_the_steps_of_the_curve() -> None:
    scores, positive = np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False])
    recall, precision = precision_recall(scores, positive)

    area = np.sum(np.diff(recall, prepend=0.0) * precision)
    assert average_precision_score(positive, scores) == pytest.approx(area) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_scores_that_are_right_as_often_as_they_say_have_no_calibration_error() -> None:
    scores = np.repeat([0.25, 0.75], 100)
    true = np.concatenate([np.arange(100) < 25, np.arange(100) < 75])

    assert reliability(scores, true).expected_calibration_error == pytest.approx(0)
    assert reliability(scores, ~true).expected_calibration_error == pytest.approx(0.5)
    many_wrong = np.concatenate([np.arange(100) < 25, np.ones(100, bool), np.ones(200, bool)])
    unequal = reliability(np.repeat([0.25, 0.75], [100, 300]), many_wrong)
    assert unequal.expected_calibration_error == pytest.approx(0.25 * 300 / 400)
    assert reliability(np.array([1.0, 0.0]), np.array([True, False])).clips.tolist() == [1, *[0] * 8, 1]
