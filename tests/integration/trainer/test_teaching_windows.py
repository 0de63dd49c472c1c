"""Windows that mn04_as has judged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.own_data.sounds.named_signals import cry_like
from tears.trainer.augmentation.window_scenes import SceneComposer
from tears.trainer.frontend import NINTHS
from tears.trainer.manifest import DatasetClip
from tears.trainer.recipe.network_training import FittingSchedule, fit
from tears.trainer.recipe.teacher_answers import ninths
from tears.trainer.recipe.training_windows import TrainingWindows, compose_windows
from tears.trainer.teachers.mn04 import Mn04
from tears.trainer.teachers.mn04_outputs import MN04_CLASSES, MN04_EMBEDDING

COUNT = 40  # more than are composed at once
SEED = 3


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[DatasetClip]:
    folder = tmp_path_factory.mktemp("clips")
    noise = np.random.default_rng(5).normal(0, 0.1, WINDOW_SAMPLES)
    for name, sound in (("crying", cry_like()), ("other", noise)):
        soundfile.write(folder / f"{name}.flac", np.round(sound * 8000).astype(np.int16), MODEL_RATE_HZ)
    return [
        DatasetClip(folder / f"{name}.flac", name, "wind", "esc50", name, "train", label_suspect=False)
        for name in ("crying", "other")
    ]


@pytest.fixture(scope="module")
def windows(clips: list[DatasetClip], weights: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingWindows:
    return compose_windows(clips, COUNT, SEED, tmp_path_factory.mktemp("cache"), workers=1, teacher=weights)


def test_the_teacher_judges_each_window_before_room_and_microphone(
    windows: TrainingWindows, clips: list[DatasetClip], weights: Path
) -> None:
    assert windows.teacher_logits is not None
    assert windows.teacher_embeddings is not None
    assert windows.teacher_logits.shape == (COUNT, MN04_CLASSES)
    assert windows.teacher_embeddings.shape == (COUNT, NINTHS, MN04_EMBEDDING)
    composer, mn04 = SceneComposer(clips, SEED), Mn04(weights)
    for number in (0, COUNT - 1):
        judgement = mn04.judge(composer.compose(number).dry[np.newaxis])
        assert windows.teacher_logits[number] == pytest.approx(judgement.logits[0], abs=0.05)
        assert windows.teacher_embeddings[number] == pytest.approx(ninths(judgement.steps)[0], abs=0.01)


def test_a_network_is_fitted_to_the_teachers_answers(windows: TrainingWindows) -> None:
    alone = replace(windows, teacher_logits=None, teacher_embeddings=None)

    of_first, of_again, of_without = (
        fit([taught], [], FittingSchedule(epochs=1, batch_size=20), seed=1).get_layer("teacher_logits").get_weights()[1]
        for taught in (windows, windows, alone)
    )

    np.testing.assert_allclose(of_first, of_again, atol=1e-6)
    assert not of_without.any()
    assert of_first.any()
