"""The measurements of a second of sound."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tears.audio.format import to_mono
from tears.audio.level import level_dbfs
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


def _tone(amplitude: float) -> NDArray[np.int16]:
    return np.rint(amplitude * np.sin(2 * np.pi * 400 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.int16)


def test_what_is_judged_is_the_mix_that_the_model_is_given() -> None:
    one = _tone(1_000)
    opposite = sound_stats(np.stack([one, -one], axis=1), RATE_HZ)
    assert opposite.level_dbfs == pytest.approx(sound_stats(one[:, None], RATE_HZ).level_dbfs, abs=0.01)
    assert opposite.level_dbfs == pytest.approx(level_dbfs(to_mono(np.stack([one, -one], axis=1))), abs=0.01)
    assert opposite.steps == int(one.max()) - int(one.min())


@pytest.mark.parametrize("loudest", [32_767, 32_256, 32_124])
def test_sound_that_is_cut_off_at_the_end_of_a_cameras_format_is_clipped(loudest: int) -> None:
    cut_off = np.clip(_tone(32_767).astype(int) * 3, -loudest, loudest).astype(np.int16)
    assert sound_stats(cut_off[:, None], RATE_HZ).clipped_share > 0.5
    assert sound_stats(_tone(32_000)[:, None], RATE_HZ).clipped_share == 0.0
