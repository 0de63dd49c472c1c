"""What is measured in a second of sound."""

import numpy as np
import pytest

from tears.recorder.capture.sound_stats import sound_stats

RATE_HZ = 4_000


def test_the_statistics_are_those_of_the_sound() -> None:
    tone = np.rint(16_384 * np.sin(2 * np.pi * np.arange(RATE_HZ) / 40))[:, None].astype(np.int16) + np.int16(1_000)
    stats = sound_stats(tone, RATE_HZ)

    assert stats.level_dbfs == pytest.approx(-9.03, abs=0.01)  # the constant offset does not count
    assert (stats.seconds, stats.steps, stats.clipped_values) == (1.0, 32_768, 0)
    assert sound_stats(np.zeros((RATE_HZ, 1), np.int16), RATE_HZ).level_dbfs == -120.0
    full = np.array([[32_767, 0], [-32_768, 0]], np.int16)
    assert (sound_stats(full, RATE_HZ).clipped_values, sound_stats(full, RATE_HZ).clipped_share) == (2, 0.5)
