"""The windows of a clip that is scored."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tears.audio.window import make_window
from tears.cli.scoring.clip_windows import clip_windows

RATE_HZ = 8_000
TONE = np.rint(3_000 * np.sin(2 * np.pi * 500 * np.arange(10 * RATE_HZ) / RATE_HZ)).astype(np.int16)


def test_a_clip_is_scored_as_the_pipeline_hears_it_with_channels_in_opposite_phase_and_an_offset(
    tmp_path: Path,
) -> None:
    # Each window is mixed by itself: the first one holds silence, which has no phase.
    sound = np.where(np.arange(TONE.size) < 5 * RATE_HZ, 0, TONE).astype(np.int16)
    stereo = np.stack([sound + np.int16(900), -sound + np.int16(900)], axis=1)
    soundfile.write(tmp_path / "clip.wav", stereo, RATE_HZ, subtype="PCM_16")

    (_, quiet), (begin, loud) = clip_windows(tmp_path / "clip.wav", 20.0)

    assert begin == 5.0
    assert (quiet.level_dbfs, loud.level_dbfs) == pytest.approx((-120.0, -23.8), abs=0.1)
    expected = make_window(TONE[5 * RATE_HZ :], RATE_HZ, 20.0)
    assert abs(loud.clipped_samples - expected.clipped_samples) < 100
