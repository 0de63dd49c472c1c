"""Fitting a small network."""

from pathlib import Path

import numpy as np

from tears.trainer.manifest import DatasetClip
from tears.trainer.recipe.network_training import FittingSchedule, ValidationWindows, fit, window_logits
from tears.trainer.recipe.training_windows import compose_windows


def test_a_network_can_be_fitted_without_a_teacher(small_clips: list[DatasetClip], tmp_path: Path) -> None:
    windows = compose_windows(small_clips, 8, 3, tmp_path, workers=1)
    validation = ValidationWindows("windows", windows.features.astype(np.float32), windows.labels > 0)

    network = fit([windows], [validation], FittingSchedule(epochs=1, batch_size=4, width=8), seed=1)

    logits = window_logits(network, validation.features)
    assert logits.shape == (8,)
    assert np.isfinite(logits).all()
