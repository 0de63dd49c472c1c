"""Clips, changed into what another night might sound like."""

import numpy as np
from support.sound.own_recordings import crying, room

from tears.audio.constants import MODEL_RATE_HZ
from tears.trainer.fine_tuning.disturbance import balanced, disturbed


def test_disturbed_clips_are_windows_that_all_differ() -> None:
    cry, quiet = crying(5, 1, -35, MODEL_RATE_HZ), room(5, MODEL_RATE_HZ, 2)
    rng = np.random.default_rng(1)
    windows = [disturbed(cry, quiet, rng) for _ in range(12)]
    for window in windows:
        assert (window.dtype, window.shape) == (np.dtype(np.float32), (110_250,))
        assert np.abs(window).max() <= 1
        assert np.isfinite(window).all()
    assert len({window.tobytes() for window in windows}) == 12


def test_both_classes_weigh_the_same() -> None:
    weights = balanced([True, False, False, False])
    assert weights == [2.0, 2 / 3, 2 / 3, 2 / 3]
