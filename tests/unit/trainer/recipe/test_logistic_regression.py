"""The ridge regression of the served score, and Platt scaling."""

import numpy as np
import pytest

from tears.trainer.recipe.logistic_regression import platt, ridge_logistic


def drawn(seed: int = 1, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Draw two columns of very different spread, and labels that follow from them by a known logistic model."""
    rng = np.random.default_rng(seed)
    features = np.column_stack([rng.normal(3.0, 2.0, count), rng.normal(-50.0, 40.0, count)]).astype(np.float32)
    chance = 1 / (1 + np.exp(-(1.2 * (features[:, 0] - 3.0) - 0.03 * (features[:, 1] + 50.0) + 0.5)))
    return features, rng.random(count) < chance


def test_without_a_penalty_the_regression_finds_the_weights_that_made_the_labels() -> None:
    weights, bias = ridge_logistic(*drawn(), ridge=0.0)
    assert weights == pytest.approx([1.2, -0.03], rel=0.12)
    assert bias == pytest.approx(0.5 - 1.2 * 3.0 - 0.03 * 50.0, abs=0.6)


def test_a_penalty_shrinks_both_columns_equally_in_any_units() -> None:
    features, labels = drawn()
    free, _ = ridge_logistic(features, labels, ridge=0.0)
    shrunk, _ = ridge_logistic(features, labels, ridge=0.5)
    assert np.all(np.abs(shrunk) < 0.6 * np.abs(free))
    rescaled, _ = ridge_logistic(features * np.array([1.0, 1000.0], np.float32), labels, ridge=0.5)
    assert rescaled * [1.0, 1000.0] == pytest.approx(shrunk, rel=1e-3)


def test_labels_that_are_perfectly_separated_still_give_finite_weights() -> None:
    features = np.linspace(-1, 1, 100, dtype=np.float32)[:, np.newaxis]
    weights, bias = ridge_logistic(features, features[:, 0] > 0, ridge=0.1)
    assert np.isfinite(weights).all()
    assert np.isfinite(bias)
    assert np.all((features @ weights + bias > 0) == (features[:, 0] > 0))


def test_the_gradient_at_the_result_is_zero() -> None:
    features, labels = drawn(2)
    ridge = 0.1
    weights, bias = ridge_logistic(features, labels, ridge)
    spread = features.std(axis=0)
    probability = 1 / (1 + np.exp(-(features @ weights + bias)))
    standardised = (features - features.mean(axis=0)) / spread
    gradient = standardised.T @ (probability - labels) / len(labels) + ridge * weights * spread
    assert gradient == pytest.approx([0.0, 0.0], abs=1e-4)


def test_a_free_column_has_no_penalty_while_the_others_have_one() -> None:
    features, labels = drawn()
    unpenalised, _ = ridge_logistic(features, labels, ridge=0.0)
    weights, _ = ridge_logistic(features, labels, ridge=100.0, free=1)
    assert abs(weights[0]) < 0.05 * abs(unpenalised[0])
    alone, _ = ridge_logistic(features[:, 1:], labels, ridge=0.0)
    assert weights[1] == pytest.approx(alone[0], rel=0.02)


def test_calibration_recovers_the_scale_and_offset_that_made_the_labels() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 3, 40_000)
    labels = rng.random(40_000) < 1 / (1 + np.exp(-(0.5 * logits)))

    scale, offset = platt(logits, labels)

    assert scale == pytest.approx(0.5, abs=0.03)
    assert offset == pytest.approx(0.0, abs=0.05)


def test_calibration_of_separable_classes_stays_finite() -> None:
    scale, offset = platt(np.array([-3.0, -2.0, 2.0, 3.0]), np.array([False, False, True, True]))

    assert 0 < scale < 10
    assert abs(offset) < 1


def test_scores_far_apart_are_calibrated_as_well_as_those_close_together() -> None:
    rng = np.random.default_rng(3)
    labels = np.arange(230) < 17
    logits = np.where(labels, 9.0, -11.0) + rng.normal(0, 1.5, len(labels))
    scale, offset = platt(logits, labels, balanced=False)
    assert 0 < scale < 5
    probability = 1 / (1 + np.exp(-(scale * logits + offset)))
    # Platt's targets: 18 of 19, and 1 of 215.
    assert probability[labels].mean() == pytest.approx(18 / 19, abs=0.02)
    assert probability[~labels].mean() == pytest.approx(1 / 215, abs=0.005)
