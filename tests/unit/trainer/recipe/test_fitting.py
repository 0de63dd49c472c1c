"""Fitting a network, small: what it can do without."""

from pathlib import Path

import numpy as np

from tears.trainer.manifest import Clip
from tears.trainer.recipe.fitting import Held, Schedule, fit, window_logits
from tears.trainer.recipe.training_windows import compose_windows


def test_a_network_is_fitted_without_a_teacher_too(small_clips: list[Clip], tmp_path: Path) -> None:
    windows = compose_windows(small_clips, 8, 3, tmp_path, workers=1)
    held = Held("windows", windows.features.astype(np.float32), windows.labels > 0)

    network = fit([windows], [held], Schedule(epochs=1, batch_size=4, width=8), seed=1)

    logits = window_logits(network, held.features)
    assert logits.shape == (8,)
    assert np.isfinite(logits).all()
