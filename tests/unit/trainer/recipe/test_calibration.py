"""Platt scaling."""

import numpy as np
import pytest

from tears.trainer.recipe.calibration import platt


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
    scale, offset = platt(logits, labels)
    assert 0 < scale < 5
    probability = 1 / (1 + np.exp(-(scale * logits + offset)))
    # Platt's targets: 18 of 19, and 1 of 215.
    assert probability[labels].mean() == pytest.approx(18 / 19, abs=0.02)
    assert probability[~labels].mean() == pytest.approx(1 / 215, abs=0.005)
