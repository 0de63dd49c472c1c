"""The larynx and the vocal tract, judged by the spectra of their sounds."""

import numpy as np
import pytest

from tears.samples.voices.voice import FRAMES_PER_SECOND, Gesture, utter
from tears.samples.waveforms import SCENE_RATE_HZ, FloatArray

PITCH_HZ = 400.0


def constant_voice(roughness: float = 0.0, *, breath: float = 0.0, formant_hz: float = 1200.0) -> FloatArray:
    """Return a second of a voice with a constant pitch and vowel."""
    frames = FRAMES_PER_SECOND
    gesture = Gesture(
        pitch_hz=np.full(frames, PITCH_HZ),
        effort=np.ones(frames),
        breath=np.full(frames, breath),
        roughness=np.full(frames, roughness),
        formants_hz=np.tile(np.array([formant_hz, 3600.0]), (frames, 1)),
        bandwidths_hz=(200.0, 300.0),
        spacing_hz=2200.0,
        press=1.5,
        tilt_hz=8000.0,
        jitter=0.0,
        shimmer=0.0,
    )
    return utter(gesture, np.random.default_rng(1))


def power_db(sound: FloatArray, hz: float, width_hz: float = 12.0) -> float:
    """Return the power around a frequency, in dB relative to the whole sound."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size))) ** 2
    bins = np.abs(np.fft.rfftfreq(sound.size, 1 / SCENE_RATE_HZ) - hz) <= width_hz
    return float(10 * np.log10(spectrum[bins].sum() / spectrum.sum() + 1e-20))


def test_a_second_of_gesture_is_a_second_of_sound() -> None:
    assert constant_voice().shape == (SCENE_RATE_HZ,)


def test_a_steady_voice_has_harmonics_and_nothing_between_them() -> None:
    voice = constant_voice()

    for harmonic in range(1, 6):
        assert power_db(voice, harmonic * PITCH_HZ) > power_db(voice, (harmonic + 0.5) * PITCH_HZ) + 40


def test_a_resonance_lifts_the_harmonic_that_it_lies_on() -> None:
    on_third, on_fourth = constant_voice(formant_hz=3 * PITCH_HZ), constant_voice(formant_hz=4 * PITCH_HZ)

    assert power_db(on_third, 3 * PITCH_HZ) > power_db(on_fourth, 3 * PITCH_HZ) + 3
    assert power_db(on_fourth, 4 * PITCH_HZ) > power_db(on_third, 4 * PITCH_HZ) + 3


def test_a_voice_reaches_to_ten_kilohertz() -> None:
    assert power_db(constant_voice(), 8000, 2000) > -45


def test_some_roughness_doubles_the_period() -> None:
    clear, doubled = constant_voice(0.1), constant_voice(0.35)

    assert power_db(clear, 0.5 * PITCH_HZ) < -60
    assert power_db(doubled, 1.5 * PITCH_HZ) > -30
    assert power_db(doubled, 1.25 * PITCH_HZ) < power_db(doubled, 1.5 * PITCH_HZ) - 20


def test_full_roughness_is_chaos_with_power_between_all_harmonics() -> None:
    chaos = constant_voice(0.98)

    between = [power_db(chaos, (harmonic + part) * PITCH_HZ) for harmonic in (2, 3) for part in (0.3, 0.5, 0.7)]
    assert min(between) > -35


def test_breath_fills_the_gaps_between_the_harmonics_with_noise() -> None:
    assert (
        power_db(constant_voice(breath=0.5), 2.5 * PITCH_HZ)
        > power_db(constant_voice(breath=0.05), 2.5 * PITCH_HZ) + 12
    )


@pytest.mark.parametrize("roughness", [0.0, 0.5, 1.0])
def test_a_voice_is_finite_at_any_roughness(roughness: float) -> None:
    assert np.isfinite(constant_voice(roughness)).all()
