"""Generated cries, insects and hinges: all different, each with the pitch and roughness of its kind."""

from collections.abc import Callable

import numpy as np
import pytest

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.trainer.augmentation.acoustics import active_rms
from tears.trainer.augmentation.generated_sounds import creak, generated_cries, insect, random_baby
from tears.trainer.augmentation.window_scenes import SceneComposer
from tears.trainer.manifest import DatasetClip

COUNT = 20
HZ = np.fft.rfftfreq(WINDOW_SAMPLES, 1 / MODEL_RATE_HZ)


def power(sound: Signal) -> np.ndarray:
    return np.square(np.abs(np.fft.rfft(sound)))


@pytest.mark.parametrize("kind", [insect, creak])
def test_a_sound_has_five_seconds_within_full_scale_and_each_seed_gives_another(kind: Callable[..., Signal]) -> None:
    sounds = [kind(np.random.default_rng(seed)) for seed in range(COUNT)]

    for sound in sounds:
        assert sound.shape == (WINDOW_SAMPLES,)
        assert sound.dtype == np.float32
        assert np.abs(sound).max() == pytest.approx(1.0, abs=1e-3)
        assert np.sqrt(np.mean(np.square(sound))) > 0.01
    assert len({sound.tobytes() for sound in sounds}) == COUNT
    np.testing.assert_array_equal(sounds[3], kind(np.random.default_rng(3)))


def test_the_beat_of_an_insects_wings_is_within_its_range() -> None:
    for seed in range(COUNT):
        spectrum = power(insect(np.random.default_rng(seed)))

        # Turns in flight lower the pitch by half an octave at most.
        assert spectrum[HZ < 180 / 1.5].sum() < 0.01 * spectrum.sum()


def test_a_hinge_rests_between_pushes_and_rings_while_it_is_pushed() -> None:
    rests, rings = 0, 0
    for seed in range(COUNT):
        sound = creak(np.random.default_rng(seed))
        frames = np.sqrt(np.mean(np.square(sound[: WINDOW_SAMPLES // 1000 * 1000].reshape(-1, 1000)), axis=1))
        sounding = np.flatnonzero(frames > 0.05 * frames.max())
        # A rest lasts a quarter of a second or more; a push that swells is quiet for a shorter time.
        quiet = frames[sounding[0] : sounding[-1]] < 0.01 * frames.max()
        rests += "1" * 6 in "".join("1" if one else "0" for one in quiet)
        spectrum = power(sound)
        rings += bool(spectrum[(HZ > 250) & (HZ < 6000)].sum() > 0.5 * spectrum.sum())

    assert rests > COUNT / 3
    assert rings > COUNT * 0.8


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
