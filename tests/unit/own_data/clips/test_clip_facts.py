"""The facts about a clip of a dataset."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.own_data.clips.clip_facts import clip_facts_of


@pytest.mark.parametrize("offset", [0, 655, -9_000])
def test_the_level_of_a_clip_does_not_count_the_microphones_offset(tmp_path: Path, offset: int) -> None:
    tone = np.rint(100 * np.sin(2 * np.pi * 441 * np.arange(WINDOW_SAMPLES) / MODEL_RATE_HZ)).astype(np.int16)
    soundfile.write(tmp_path / "clip.wav", tone + np.int16(offset), MODEL_RATE_HZ, subtype="PCM_16")

    facts, samples = clip_facts_of(tmp_path / "clip.wav", "clip.wav", "crying", 5.0)

    assert facts.level_dbfs == pytest.approx(-53.3, abs=0.1)
    assert samples is not None
    assert np.array_equal(samples, tone + np.int16(offset))
