"""The larynx and the tract, judged by the spectra that they make."""

import numpy as np
import pytest

from tears.samples.voices.voice import FRAMES_PER_SECOND, Gesture, utter
from tears.samples.waveforms import RATE_HZ, FloatArray

PITCH_HZ = 400.0


def held(roughness: float = 0.0, *, breath: float = 0.0, formant_hz: float = 1200.0) -> FloatArray:
    """A second of a voice that holds its pitch and its vowel."""
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
    """The power around a frequency, in dB over the whole sound's."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size))) ** 2
    bins = np.abs(np.fft.rfftfreq(sound.size, 1 / RATE_HZ) - hz) <= width_hz
    return float(10 * np.log10(spectrum[bins].sum() / spectrum.sum() + 1e-20))


def test_a_second_of_gesture_is_a_second_of_sound() -> None:
    assert held().shape == (RATE_HZ,)


def test_a_steady_voice_has_harmonics_and_nothing_between_them() -> None:
    voice = held()

    for harmonic in range(1, 6):
        assert power_db(voice, harmonic * PITCH_HZ) > power_db(voice, (harmonic + 0.5) * PITCH_HZ) + 40


def test_a_resonance_lifts_the_harmonic_that_it_lies_on() -> None:
    on_third, on_fourth = held(formant_hz=3 * PITCH_HZ), held(formant_hz=4 * PITCH_HZ)

    assert power_db(on_third, 3 * PITCH_HZ) > power_db(on_fourth, 3 * PITCH_HZ) + 3
    assert power_db(on_fourth, 4 * PITCH_HZ) > power_db(on_third, 4 * PITCH_HZ) + 3


def test_a_voice_reaches_to_ten_kilohertz() -> None:
    assert power_db(held(), 8000, 2000) > -45


def test_some_roughness_doubles_the_period() -> None:
    clear, doubled = held(0.1), held(0.35)

    assert power_db(clear, 0.5 * PITCH_HZ) < -60
    assert power_db(doubled, 1.5 * PITCH_HZ) > -30
    assert power_db(doubled, 1.25 * PITCH_HZ) < power_db(doubled, 1.5 * PITCH_HZ) - 20


def test_full_roughness_is_chaos_with_power_between_all_harmonics() -> None:
    chaos = held(0.98)

    between = [power_db(chaos, (harmonic + part) * PITCH_HZ) for harmonic in (2, 3) for part in (0.3, 0.5, 0.7)]
    assert min(between) > -35


def test_breath_fills_the_gaps_between_the_harmonics_with_noise() -> None:
    assert power_db(held(breath=0.5), 2.5 * PITCH_HZ) > power_db(held(breath=0.05), 2.5 * PITCH_HZ) + 12


@pytest.mark.parametrize("roughness", [0.0, 0.5, 1.0])
def test_a_voice_is_finite_at_any_roughness(roughness: float) -> None:
    assert np.isfinite(held(roughness)).all()
