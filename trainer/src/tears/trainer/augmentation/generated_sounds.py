# ruff: noqa: PLR2004 (the shares and ranges of what is drawn are this module's subject)
"""Generated cries, and generated insects and creaking hinges, which a model may mistake for cries.

Recordings of all of them are too few, and most recordings of cries come from one app. Generated cries have any number
of voices, all frequencies and no licence. They use the larynx and vocal tract of the demo's scenes, and YAMNet takes
them for babies' cries, but they are less lifelike than recordings.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.audio.gain import amplitude
from tears.samples.voices.babies import Baby
from tears.samples.voices.crying import crying_episode
from tears.samples.waveforms import SCENE_RATE_HZ
from tears.trainer.augmentation.acoustics import filtered, resonance

LONGEST_CRY_SECONDS: Final = 6.0
# How many points a second the random curves of pitch and level have.
CURVE_HZ: Final = 50.0
HIGHEST_HARMONIC_HZ: Final = 10_500.0


def random_baby(rng: np.random.Generator) -> Baby:
    """Draw a voice between a newborn's and a toddler's; the ranges are a little wider than those of `tears.samples`."""
    # A newborn's vocal tract is a fifth shorter than a toddler's, and its resonances are a fifth higher.
    size = rng.uniform(0.9, 1.15)
    resonances = np.array([1220.0, 2700.0, 4950.0, 7200.0]) * size * rng.uniform(0.93, 1.07, 4)
    shortest, rest = rng.uniform(0.4, 0.9), rng.uniform(0.03, 0.25)
    return Baby(
        name="generated",
        pitch_hz=float(np.exp(rng.uniform(np.log(320.0), np.log(620.0)))),
        formants_hz=(float(resonances[0]), float(resonances[1]), float(resonances[2]), float(resonances[3])),
        hoarseness=rng.uniform(0.1, 1.0),
        hyperphonation=rng.choice([0.0, rng.uniform(0.0, 0.3)]),
        gasps=rng.uniform(0.1, 0.7),
        sobs=rng.uniform(0.0, 0.1),
        breath=rng.uniform(0.04, 0.16),
        press=rng.uniform(1.6, 2.5),
        tilt_hz=float(np.exp(rng.uniform(np.log(8_000.0), np.log(24_000.0)))),
        expiration_seconds=(shortest, shortest + rng.uniform(0.3, 0.9)),
        pause_seconds=(rest, rest + rng.uniform(0.1, 0.5)),
    )


def generated_cries(rng: np.random.Generator, count: int) -> list[Signal]:
    """Generate one episode of crying for each of ``count`` babies: float32 [110 250], at 22 050 Hz."""
    cries = []
    for _ in range(count):
        episode = crying_episode(random_baby(rng), LONGEST_CRY_SECONDS, rng)
        cry = soxr.resample(episode, SCENE_RATE_HZ, MODEL_RATE_HZ)
        at = int(rng.integers(0, max(1, len(cry) - WINDOW_SAMPLES)))
        cries.append(np.resize(cry[at:], WINDOW_SAMPLES).astype(np.float32))
    return cries


def insect(rng: np.random.Generator) -> Signal:
    """Generate a mosquito, a fly or a bee, which comes near and flies away: float32 [110 250], about full scale.

    Its wings beat 180 to 750 times a second.
    """
    hz = 2 ** rng.uniform(np.log2(180.0), np.log2(750.0))
    # The pitch of flight: slow turns and quick corrections.
    octaves = _curve(rng, 0.6) * rng.uniform(0.02, 0.2) + _curve(rng, 6.0) * rng.uniform(0.003, 0.03)
    cycles = np.cumsum(hz * 2**octaves) / MODEL_RATE_HZ
    falloff, sound = rng.uniform(0.3, 1.6), np.zeros(WINDOW_SAMPLES)
    for k in range(1, 1 + min(int(rng.integers(4, 21)), int(HIGHEST_HARMONIC_HZ / hz))):
        sound += rng.uniform(0.3, 1.0) * k**-falloff * np.sin(2 * np.pi * (k * cycles + rng.random()))
    flutter = 1 + rng.uniform(0, 0.4) * _curve(rng, 12.0)
    return _full_scale(sound * flutter * _visits(rng))


def creak(rng: np.random.Generator) -> Signal:
    """Generate a creaking hinge, floorboard or cot: float32 [110 250], about full scale.

    Wood or metal sticks and slips 25 to 900 times a second.
    """
    sound, pace_hz = np.zeros(WINDOW_SAMPLES), np.exp(rng.uniform(np.log(25.0), np.log(900.0)))
    at = int(rng.uniform(0, 0.8) * MODEL_RATE_HZ)
    while at < WINDOW_SAMPLES - MODEL_RATE_HZ // 5:
        n = min(WINDOW_SAMPLES - at, int(rng.uniform(0.15, 2.5) * MODEL_RATE_HZ))
        sound[at : at + n] += _slips(n, pace_hz * 2 ** rng.normal(0, 0.5), rng)
        at += n + int(rng.uniform(0.02, 1.2) * MODEL_RATE_HZ)
    # The slips shake things that ring clearly, or a whole door, which has broad resonances.
    shaken = amplitude(rng.uniform(-25, 0)) * sound
    for _ in range(int(rng.integers(2, 6))):
        hz, quality = 2 ** rng.uniform(np.log2(300.0), np.log2(8000.0)), np.exp(rng.uniform(np.log(1.0), np.log(60.0)))
        shaken += rng.uniform(0.2, 1.0) * _rung(sound, hz, quality)
    return _full_scale(shaken)


def _slips(n: int, pace_hz: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Generate n samples of one push at the door: slips of different strength that get faster or slower."""
    octaves = rng.normal(0, 0.4) * np.linspace(-1, 1, n) + rng.uniform(0, 0.5) * _curve(rng, rng.uniform(0.5, 4.0))[:n]
    rate_hz = pace_hz * 2 ** (octaves + rng.uniform(0, 0.08) * _curve(rng, 15.0)[:n])
    slips = np.flatnonzero(np.diff(np.floor(np.cumsum(rate_hz) / MODEL_RATE_HZ)) > 0)
    pulses = np.zeros(n)
    pulses[slips] = rng.lognormal(0, rng.uniform(0.05, 0.8), len(slips))
    # Between the slips the parts rub; each slip sets the rubbing off again.
    since = np.arange(n) - np.maximum.accumulate(np.where(pulses > 0, np.arange(n), 0))
    rubbing = rng.normal(0, 1, n) * np.exp(-since / (MODEL_RATE_HZ * rng.uniform(0.0005, 0.01)))
    level = amplitude(rng.uniform(-35, 0)) * np.sqrt(np.mean(pulses**2) / np.mean(rubbing**2))
    swell = np.hanning(n + 2)[1:-1] ** rng.uniform(0.2, 1.0)
    return np.asarray((pulses + level * rubbing) * swell, np.float64)


def _rung(sound: npt.NDArray[np.float64], hz: float, quality: float) -> npt.NDArray[np.float64]:
    """Filter a sound by a resonance and restore its level."""
    rung = filtered(sound.astype(np.float32), resonance(hz, quality))
    return np.asarray(rung / (np.sqrt(np.mean(rung**2)) + 1e-9) * np.sqrt(np.mean(sound**2)), np.float64)


def _visits(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw the level of an insect that flies by once or several times, or stays at a changing distance."""
    if rng.random() < 0.4:
        return np.asarray(10.0 ** (_curve(rng, 0.8) * rng.uniform(2, 8) / 20.0), np.float64)
    seconds, level = np.arange(WINDOW_SAMPLES) / MODEL_RATE_HZ, np.full(WINDOW_SAMPLES, 1e-3)
    for _ in range(int(rng.integers(1, 4))):
        level += rng.uniform(0.3, 1) / (1 + ((seconds - rng.uniform(0, 5)) / rng.uniform(0.15, 1.2)) ** 2)
    return level


def _curve(rng: np.random.Generator, hz: float) -> npt.NDArray[np.float64]:
    """Draw a smooth curve with a standard deviation of about 1 and no frequency above `hz`: float64 [110 250]."""
    points = int(WINDOW_SAMPLES / MODEL_RATE_HZ * CURVE_HZ) + 2
    drawn = np.fft.rfft(rng.normal(0, 1, points))
    drawn[np.fft.rfftfreq(points, 1 / CURVE_HZ) > hz] = 0
    curve = np.fft.irfft(drawn, points)
    curve /= curve.std() + 1e-9
    at = np.arange(WINDOW_SAMPLES) * (CURVE_HZ / MODEL_RATE_HZ)
    return np.asarray(np.interp(at, np.arange(points), curve), np.float64)


def _full_scale(sound: npt.NDArray[np.float64]) -> Signal:
    return np.asarray(sound / (np.max(np.abs(sound)) + 1e-9), np.float32)
