"""The bank of new voices: of which clips, the same for one recording, and drawn for a share of the cries."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.trainer.augmentation.acoustics import active_rms
from tears.trainer.augmentation.revoicing.bank import (
    NEW_VOICE_SHARE,
    VoiceBank,
    has_vocoder,
    make_bank,
    with_new_voices,
)
from tears.trainer.augmentation.window_scenes import SceneComposer
from tears.trainer.manifest import DatasetClip

needs_vocoder = pytest.mark.skipif(not has_vocoder(), reason="needs pyworld-prebuilt")


@pytest.fixture(scope="module")
def bank(small_clips: list[DatasetClip], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bank(small_clips, 2, 5, tmp_path_factory.mktemp("cache"), workers=1)


def test_certain_cries_and_cats_get_new_voices(small_clips: list[DatasetClip]) -> None:
    doubtful = dataclasses.replace(small_clips[0], label_suspect=True)
    chosen = with_new_voices([*small_clips, doubtful])

    assert [(clip.is_crying, clip.category) for clip in chosen] == [(True, "wind"), (True, "wind"), (False, "cat")]


@needs_vocoder
def test_a_clip_has_other_voices_at_its_level_and_a_sound_without_pitch_has_none(
    small_clips: list[DatasetClip], bank: Path
) -> None:
    voices = VoiceBank(bank, small_clips)
    cry = small_clips[0]
    first, second = voices.sound(cry, 0), voices.sound(cry, 1)

    assert first is not None
    assert second is not None
    assert 0.7 * WINDOW_SAMPLES < len(first) <= WINDOW_SAMPLES
    assert active_rms(first) == pytest.approx(1.0, rel=0.01)
    assert not np.array_equal(first[:1000], second[:1000])
    cat = next(clip for clip in small_clips if clip.category == "cat")  # it is noise in this dataset
    assert voices.sound(cat, 0) is None
    wind = next(clip for clip in small_clips if not clip.is_crying and clip.category == "wind")
    assert voices.sound(wind, 0) is None


@needs_vocoder
def test_a_bank_is_made_once_and_another_number_of_voices_makes_another(
    small_clips: list[DatasetClip], bank: Path
) -> None:
    made = (bank / "samples.npy").stat().st_mtime_ns

    assert make_bank(small_clips, 2, 5, bank.parent, workers=1) == bank
    assert (bank / "samples.npy").stat().st_mtime_ns == made
    assert make_bank(small_clips[:1], 1, 5, bank.parent, workers=1) != bank


@needs_vocoder
def test_all_clips_of_one_recording_get_the_same_voice(small_clips: list[DatasetClip], tmp_path: Path) -> None:
    clips = [dataclasses.replace(clip, original_recording="one") for clip in small_clips[:2]]
    voices = VoiceBank(make_bank(clips, 1, 5, tmp_path, workers=1), clips)
    first, second = (voices.sound(clip, 0) for clip in clips)

    # Both clips of the dataset hold the same sound, so in the same voice they are the same.
    np.testing.assert_array_equal(first, second)


@needs_vocoder
def test_a_share_of_the_draws_is_of_new_voices(small_clips: list[DatasetClip], bank: Path) -> None:
    voices, rng = VoiceBank(bank, small_clips), np.random.default_rng(1)
    drawn = [voices.draw_voice(rng) for _ in range(1000)]

    assert np.mean([voice is not None for voice in drawn]) == pytest.approx(NEW_VOICE_SHARE, abs=0.05)
    assert {0, 1} < set(drawn)


@needs_vocoder
def test_windows_of_cries_and_of_other_sounds_use_the_voices_of_the_bank(
    small_clips: list[DatasetClip], bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: set[tuple[str, int]] = set()
    recorded_sound = VoiceBank.sound

    def sound(self: VoiceBank, clip: DatasetClip, voice: int) -> Signal | None:
        used.add((clip.label, voice))
        return recorded_sound(self, clip, voice)

    monkeypatch.setattr(VoiceBank, "sound", sound)
    with_bank = SceneComposer(small_clips, seed=7, sentences=0, voices=bank)

    scenes = [with_bank.compose(number) for number in range(40)]

    assert {("crying", 0), ("crying", 1), ("other", 0), ("other", 1)} <= used
    assert any(scene.is_crying for scene in scenes)
    assert all(np.isfinite(scene.dry).all() for scene in scenes)
