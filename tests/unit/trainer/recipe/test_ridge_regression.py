"""The ridge regression of the served score."""

import numpy as np
import pytest

from tears.trainer.recipe.ridge_regression import ridge_logistic


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
