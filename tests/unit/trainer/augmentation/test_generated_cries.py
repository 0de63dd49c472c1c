"""Cries of babies drawn at random, and their use beside the recorded ones."""

import numpy as np

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.trainer.augmentation.acoustics import active_rms
from tears.trainer.augmentation.generated_cries import generated_cries, random_baby
from tears.trainer.augmentation.window_scenes import SceneComposer
from tears.trainer.manifest import DatasetClip


def test_a_cry_fills_a_window_and_the_same_seed_gives_the_same_one() -> None:
    (one,), (two,) = (generated_cries(np.random.default_rng(3), 1) for _ in range(2))

    assert one.shape == (WINDOW_SAMPLES,)
    assert one.dtype == np.float32
    assert np.array_equal(one, two)
    assert np.isfinite(one).all()
    assert active_rms(one) > 0


def test_a_cry_has_the_frequencies_of_a_babys_voice() -> None:
    (cry,) = generated_cries(np.random.default_rng(4), 1)
    power = np.square(np.abs(np.fft.rfft(cry)))
    hz = np.fft.rfftfreq(len(cry), 1 / MODEL_RATE_HZ)

    # From the lowest voice to the fourth resonance. A hum or a hiss would have its power elsewhere.
    assert power[(hz > 250) & (hz < 8_000)].sum() > 0.9 * power.sum()


def test_babies_differ() -> None:
    rng = np.random.default_rng(5)
    babies = [random_baby(rng) for _ in range(50)]

    pitches = [baby.pitch_hz for baby in babies]
    assert min(pitches) < 400
    assert max(pitches) > 550
    assert all(baby.formants_hz == tuple(sorted(baby.formants_hz)) for baby in babies)


def test_generated_cries_are_used_and_change_no_other_draw(small_clips: list[DatasetClip]) -> None:
    without = SceneComposer(small_clips, seed=7, sentences=0)
    among = SceneComposer(small_clips, seed=7, sentences=0, babies=2)
    pairs = [(without.compose(number), among.compose(number)) for number in range(40)]

    same = [np.array_equal(one.samples, two.samples) for one, two in pairs]
    assert all(
        is_same for is_same, (one, two) in zip(same, pairs, strict=True) if not one.is_crying and not two.is_crying
    )
    assert 0 < sum(not is_same for is_same in same) < sum(two.is_crying for _, two in pairs)
