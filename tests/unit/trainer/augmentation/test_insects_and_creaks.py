"""Generated insects and hinges: within full scale, all different, and with the pitch and roughness of their kind."""

from collections.abc import Callable

import numpy as np
import pytest

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.trainer.augmentation.insects_and_creaks import creak, insect

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
