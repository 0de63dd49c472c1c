"""Batches of several sets of windows."""

import numpy as np
import pytest

from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, NINTHS, SPANS
from tears.trainer.recipe.batches import WindowMixture
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.teachers.mn04_outputs import MN04_CLASSES, MN04_EMBEDDING


def windows(count: int, first_label: float, embeddings: float | None = None) -> TrainingWindows:
    """Make windows whose labels are consecutive numbers, with constant teacher's embeddings if any."""
    labels = first_label + np.arange(count, dtype=np.float32)
    judged = embeddings is not None
    return TrainingWindows(
        f"{first_label}",
        np.zeros((count, FRONTEND_FRAMES, FRONTEND_BANDS), np.float16),
        labels,
        np.zeros((count, SPANS), np.uint8),
        np.full(count, ""),
        np.zeros((count, MN04_CLASSES), np.float16) if judged else None,
        np.full((count, NINTHS, MN04_EMBEDDING), embeddings, np.float16) if judged else None,
    )


def test_a_batch_has_rows_of_all_sets_in_order() -> None:
    mixture = WindowMixture([windows(3, 0), windows(4, 100)])

    assert len(mixture) == 7
    assert mixture.batch(np.array([6, 0, 3])).labels.tolist() == [0.0, 100.0, 103.0]


def test_all_windows_come_once_in_batches_of_one_size() -> None:
    mixture = WindowMixture([windows(5, 0), windows(4, 100)])

    batches = list(mixture.shuffled(3, np.random.default_rng(1)))

    assert [len(batch.labels) for batch in batches] == [3, 3, 3]
    assert sorted(label for batch in batches for label in batch.labels) == [0, 1, 2, 3, 4, 100, 101, 102, 103]
    assert all(batch.teacher_logits is None for batch in batches)


def test_the_teachers_embeddings_are_standardised() -> None:
    varied = windows(100, 0, 0.0)
    assert varied.teacher_embeddings is not None
    varied.teacher_embeddings[:] = np.random.default_rng(1).normal(5.0, 2.0, varied.teacher_embeddings.shape)

    batch = WindowMixture([varied]).batch(np.arange(100))

    assert batch.teacher_embeddings is not None
    # The mean and the spread are estimated from two of the windows.
    assert batch.teacher_embeddings.mean() == pytest.approx(0.0, abs=0.1)
    assert batch.teacher_embeddings.std() == pytest.approx(1.0, abs=0.2)


def test_embeddings_that_never_vary_stay_finite() -> None:
    batch = WindowMixture([windows(4, 0, 0.0)]).batch(np.arange(4))

    assert batch.teacher_embeddings is not None
    assert not batch.teacher_embeddings.any()
