"""Fitting a small network."""

from pathlib import Path

import numpy as np
import pytest

from tears.trainer.manifest import DatasetClip
from tears.trainer.recipe.network_training import (
    LOGIT_FLOOR,
    FittingSchedule,
    ValidationWindows,
    distance_to_teacher,
    fit,
    window_logits,
)
from tears.trainer.recipe.training_windows import compose_windows
from tears.trainer.teachers.mn04_outputs import MN04_BABY_CRY, MN04_CLASSES, MN04_EMBEDDING


def test_a_network_can_be_fitted_without_a_teacher(small_clips: list[DatasetClip], tmp_path: Path) -> None:
    windows = compose_windows(small_clips, 8, 3, tmp_path, workers=1)
    validation = ValidationWindows("windows", windows.features.astype(np.float32), windows.labels > 0)

    network = fit([windows], [validation], FittingSchedule(epochs=1, batch_size=4), seed=1)

    logits = window_logits(network, validation.features)
    assert logits.shape == (8,)
    assert np.isfinite(logits).all()


def distance(ours: np.ndarray, theirs: np.ndarray, embedding_error: float = 0.0) -> float:
    """Return the distance of one window's predicted logits, float32 [527], to the teacher's."""
    embeddings = np.zeros((1, 9, MN04_EMBEDDING), np.float32)
    return float(distance_to_teacher(ours[np.newaxis], embeddings + embedding_error, theirs[np.newaxis], embeddings))


def test_the_teachers_own_answer_is_nearest_to_it() -> None:
    theirs = np.random.default_rng(1).normal(-4.0, 2.0, MN04_CLASSES).astype(np.float32)
    same = distance(theirs, theirs)

    assert distance(theirs, theirs, embedding_error=1.0) == pytest.approx(same + 2.0, rel=1e-4)
    worse = []
    for number in (MN04_BABY_CRY, 0):  # class 0 is speech, which nobody mistakes for a cry
        other = theirs.copy()
        other[number] += 2.0
        worse.append(distance(other, theirs) - same)
    assert worse[0] > 2 * worse[1] > 0


def test_logits_below_the_floor_are_all_alike() -> None:
    theirs = np.full(MN04_CLASSES, LOGIT_FLOOR - 1, np.float32)
    lower = theirs.copy()
    lower[MN04_BABY_CRY] -= 20.0

    assert distance(lower, theirs) == pytest.approx(distance(theirs, theirs), abs=1e-3)
