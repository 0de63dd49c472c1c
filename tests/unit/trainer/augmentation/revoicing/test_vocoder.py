"""The vocoder: the same voice stays the same, and another voice has another pitch, tempo and other resonances."""

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal

vocoder = pytest.importorskip(
    "tears.trainer.augmentation.revoicing.vocoder", reason="needs pyworld-prebuilt", exc_type=ImportError
)

HZ = np.fft.rfftfreq(WINDOW_SAMPLES, 1 / MODEL_RATE_HZ)
SAME = vocoder.NewVoice(1.0, 1.0, 0.0, 5.0, 1.0, 1.0, 1.0)
TONE_HZ = 400.0


@pytest.fixture(scope="module")
def vowel() -> Signal:
    """Return a steady voice of 400 Hz with a resonance at 1 600 Hz: float32 [110 250]."""
    harmonics = np.arange(1, 25) * TONE_HZ
    strength = 1 / (1 + ((harmonics - 1600) / 300) ** 2)
    seconds = np.arange(WINDOW_SAMPLES) / MODEL_RATE_HZ
    sound = sum(a * np.sin(2 * np.pi * hz * seconds) for a, hz in zip(strength, harmonics, strict=True))
    return np.asarray(0.1 * sound, np.float32)


def spectrum(sound: Signal) -> npt.NDArray[np.float64]:
    return np.asarray(np.abs(np.fft.rfft(sound, WINDOW_SAMPLES)))


def strongest_hz(sound: Signal) -> float:
    return float(HZ[np.argmax(spectrum(sound))])


def changed(vowel: Signal, **changes: float) -> Signal:
    analysis = vocoder.analyse(vowel)
    assert analysis is not None
    return np.asarray(
        vocoder.synthesise(analysis, dataclasses.replace(SAME, **changes), np.random.default_rng(1)), np.float32
    )


def test_the_same_voice_keeps_its_length_level_pitch_and_resonance(vowel: Signal) -> None:
    sound = changed(vowel)

    assert abs(len(sound) - WINDOW_SAMPLES) < 0.02 * WINDOW_SAMPLES
    assert np.std(sound) == pytest.approx(np.std(vowel), rel=0.2)
    assert strongest_hz(sound) == pytest.approx(1600, rel=0.02)


def test_another_pitch_moves_the_harmonics_but_not_the_resonance(vowel: Signal) -> None:
    power = spectrum(changed(vowel, pitch=1.25))

    def level(hz: float) -> float:
        return float(power[np.abs(HZ - hz) < 15].max())

    assert level(500.0 * 3) > 10 * level(TONE_HZ * 3)  # its third harmonic, and where the old one was
    assert 1300 < strongest_hz(changed(vowel, pitch=1.25)) < 1900


def test_another_vocal_tract_moves_the_resonance_but_not_the_harmonics(vowel: Signal) -> None:
    assert strongest_hz(changed(vowel, resonances=1.25)) == pytest.approx(2000, rel=0.02)


def test_tempo_changes_the_length_but_not_the_pitch(vowel: Signal) -> None:
    sound = changed(vowel, tempo=1.25)

    assert len(sound) == pytest.approx(WINDOW_SAMPLES / 1.25, rel=0.02)
    assert strongest_hz(sound) == pytest.approx(1600, rel=0.02)
    assert len(changed(vowel, tempo=0.8)) == WINDOW_SAMPLES


def test_a_breathy_voice_has_more_noise_between_its_harmonics(vowel: Signal) -> None:
    between = (HZ % TONE_HZ > 150) & (HZ % TONE_HZ < 250) & (HZ > 1000) & (HZ < 3000)
    clear, breathy = (spectrum(changed(vowel, breath=breath))[between].mean() for breath in (0.6, 1.6))

    assert breathy > 1.3 * clear


def test_a_sound_without_a_pitch_has_no_voice_to_change() -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, WINDOW_SAMPLES).astype(np.float32)

    assert vocoder.analyse(noise) is None


def test_drawn_voices_differ_in_everything_and_stay_within_what_children_have() -> None:
    rng = np.random.default_rng(3)
    voices = [vocoder.random_voice(rng) for _ in range(50)]

    assert 0.78 <= min(one.pitch for one in voices) < 0.85
    assert 1.1 < max(one.pitch for one in voices) <= 1.2
    assert all(0.87 <= one.resonances <= 1.18 and 0.8 <= one.tempo <= 1.3 for one in voices)
    assert {one.vibrato_depth > 0 for one in voices} == {True, False}
