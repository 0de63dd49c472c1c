"""The figures of merit, against cases worked by hand."""

import numpy as np
import pytest

from tears.own_data.scoring.figures import (
    auc,
    best_f1,
    bootstrap_interval,
    expected_calibration_error,
    recall_at_fpr,
    threshold_at_fpr,
)

SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
LABELS = np.array([True, True, False, True, False, False])


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    # Of 3 x 3 pairs only (0.6 crying, 0.7 other) is the wrong way round.
    assert auc(SCORES, LABELS) == pytest.approx(8 / 9)


def test_auc_counts_a_tie_as_half_a_pair() -> None:
    assert auc(np.array([0.5, 0.5, 0.1]), np.array([True, False, False])) == pytest.approx(0.75)


def test_auc_of_equal_scores_is_one_half() -> None:
    assert auc(np.full(10, 0.3), np.arange(10) < 4) == pytest.approx(0.5)


def test_auc_does_not_depend_on_the_order_of_the_clips() -> None:
    rows = np.random.default_rng(1).permutation(len(SCORES))

    assert auc(SCORES[rows], LABELS[rows]) == pytest.approx(auc(SCORES, LABELS))


def test_recall_without_false_positives_counts_the_cries_above_the_loudest_other() -> None:
    assert threshold_at_fpr(SCORES, LABELS, 0.01) == pytest.approx(0.7)
    assert recall_at_fpr(SCORES, LABELS, 0.01) == pytest.approx(2 / 3)


def test_recall_grows_when_one_in_three_others_may_be_mistaken() -> None:
    assert threshold_at_fpr(SCORES, LABELS, 0.34) == pytest.approx(0.5)
    assert recall_at_fpr(SCORES, LABELS, 0.34) == pytest.approx(1.0)


def test_a_cry_that_ties_with_the_threshold_is_missed() -> None:
    assert recall_at_fpr(np.array([0.5, 0.5]), np.array([True, False]), 0.01) == 0.0


def test_one_per_cent_of_two_hundred_others_may_be_mistaken() -> None:
    scores = np.concatenate([np.arange(200) / 200, [0.9875]])
    labels = np.arange(201) == 200

    # 0.995 and 0.990 may be mistaken; 0.985 may not, and 0.9875 lies above it.
    assert threshold_at_fpr(scores, labels, 0.01) == pytest.approx(0.985)
    assert recall_at_fpr(scores, labels, 0.01) == 1.0


def test_best_f1_takes_the_best_threshold() -> None:
    # At 0.6: four clips are taken for cries, and three of them are all the cries: 2 * 3 / (4 + 3).
    assert best_f1(SCORES, LABELS) == pytest.approx(6 / 7)


def test_best_f1_cannot_cut_between_equal_scores() -> None:
    assert best_f1(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(2 / 3)


def test_the_bootstrap_draws_recordings_and_not_slices() -> None:
    rng = np.random.default_rng(3)
    labels = np.arange(60) % 2 == 0
    scores = labels * 0.3 + rng.random(60)
    slices = [str(k) for k in range(60)]
    recordings = [str(k // 10) for k in range(60)]

    low, high = bootstrap_interval(auc, scores, labels, slices)
    assert 0 < low < auc(scores, labels) < high <= 1
    assert bootstrap_interval(auc, scores, labels, slices) == (low, high)
    assert bootstrap_interval(auc, scores, labels, recordings) != (low, high)


def test_scores_that_equal_the_share_of_cries_have_no_calibration_error() -> None:
    scores = np.repeat([0.25, 0.75], 400)
    labels = np.concatenate([np.arange(400) % 4 == 0, np.arange(400) % 4 != 0])
    assert expected_calibration_error(scores, labels) == pytest.approx(0.0, abs=1e-12)


def test_the_calibration_error_is_the_mean_distance_of_scores_from_the_share_of_cries() -> None:
    scores = np.array([0.95] * 50 + [0.05] * 150)
    labels = np.array([True] * 30 + [False] * 20 + [False] * 150)
    # 50 scores of 0.95 where 60 % are cries, 150 of 0.05 where no clip is.
    assert expected_calibration_error(scores, labels) == pytest.approx(0.25 * 0.35 + 0.75 * 0.05)


def test_a_score_of_one_belongs_to_the_last_bin() -> None:
    assert expected_calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0.0
