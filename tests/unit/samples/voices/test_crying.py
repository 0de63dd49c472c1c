"""The babies' cries, measured as a phonetician would."""

import numpy as np
import pytest

from tears.samples.voices.babies import BABIES, Baby
from tears.samples.voices.crying import crying_episode, expiration, inspiration
from tears.samples.waveforms import SCENE_RATE_HZ, FloatArray, active_rms, rms

NAMES = [baby.name for baby in BABIES]


def pitch_hz(sound: FloatArray) -> float:
    """Return the median pitch over frames of 50 ms: the autocorrelation's first high peak, from 200 to 2 000 Hz."""
    frame = SCENE_RATE_HZ // 20
    pitches = []
    for begin in range(0, sound.size - frame, frame):
        piece = sound[begin : begin + frame] * np.hanning(frame)
        spectrum = np.fft.rfft(piece, 2 * frame)
        correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:frame] / (frame - np.arange(frame))
        lags = np.arange(SCENE_RATE_HZ // 2000, SCENE_RATE_HZ // 200)
        peaks = lags[(correlation[lags] >= correlation[lags - 1]) & (correlation[lags] > correlation[lags + 1])]
        high = peaks[correlation[peaks] > 0.8 * correlation[lags].max()]
        if high.size:
            pitches.append(SCENE_RATE_HZ / high[0])
    return float(np.median(pitches))


def quiet_share(sound: FloatArray) -> float:
    """Return the share of frames of 25 ms that are 20 dB or more below the sound's level: pauses and gasps."""
    frame = SCENE_RATE_HZ // 40
    level = np.sqrt(np.square(sound[: sound.size // frame * frame].reshape(-1, frame)).mean(axis=1))
    return float((level < active_rms(sound) / 10).mean())


def share_above(sound: FloatArray, hz: float) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float(power[np.fft.rfftfreq(sound.size, 1 / SCENE_RATE_HZ) >= hz].sum() / power.sum())


@pytest.mark.parametrize("baby", [baby for baby in BABIES if baby.hoarseness < 0.5], ids=lambda baby: baby.name)
def test_a_clear_cry_stays_near_the_babys_pitch(baby: Baby) -> None:
    rng = np.random.default_rng(3)

    measured = [pitch_hz(expiration(baby, 1.0, 1.0, rng)) for _ in range(7)]

    assert float(np.median(measured)) == pytest.approx(baby.pitch_hz, rel=0.15)


def test_hyperphonation_leaps_to_more_than_a_kilohertz() -> None:
    baby = next(baby for baby in BABIES if baby.hyperphonation >= 0.2)
    rng = np.random.default_rng(3)

    highest = max(pitch_hz(expiration(baby, 1.0, 1.0, rng)) for _ in range(30))

    assert 900 < highest < 2000


@pytest.mark.parametrize("baby", BABIES, ids=NAMES)
def test_an_episode_has_its_length_to_within_a_breath_and_contains_pauses(baby: Baby) -> None:
    sound = crying_episode(baby, 12.0, np.random.default_rng(5))

    assert sound.size / SCENE_RATE_HZ == pytest.approx(12.0, abs=2.5)
    assert 0.05 <= quiet_share(sound) <= 0.5


@pytest.mark.parametrize("baby", BABIES, ids=NAMES)
def test_a_cry_is_brightest_around_its_resonances_and_reaches_past_five_kilohertz(baby: Baby) -> None:
    sound = crying_episode(baby, 8.0, np.random.default_rng(6))

    assert share_above(sound, 700) - share_above(sound, 3500) > 0.5
    assert share_above(sound, 5000) > 1e-3


@pytest.mark.parametrize("baby", BABIES, ids=NAMES)
def test_a_gasp_is_much_quieter_than_the_cry_but_audible(baby: Baby) -> None:
    rng = np.random.default_rng(7)
    cry, gasp = expiration(baby, 1.0, 1.0, rng), inspiration(baby, 0.2, rng)

    assert -45 < 20 * np.log10(rms(gasp) / rms(cry)) < -12


def test_all_babies_have_different_names_and_pitches() -> None:
    assert len({baby.name for baby in BABIES}) == len({baby.pitch_hz for baby in BABIES}) == len(BABIES)
    assert all(350 <= baby.pitch_hz <= 600 for baby in BABIES)
