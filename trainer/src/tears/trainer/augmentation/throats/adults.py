# ruff: noqa: PLR2004 (the shares and ranges of what is drawn are this module's subject)
"""An adult who cries: bursts of sobs on one breath, wails, gasps and sniffs.

A man's vocal tract of 17 cm has resonances at 500, 1 500 and 2 500 Hz, a woman's are a sixth higher, and a baby's are
twice as high. Sobs are short closures of the glottis, three to four times a second.
"""

from dataclasses import dataclass

import numpy as np

from tears.audio.format import Signal
from tears.samples.voices.voice import FRAMES_PER_SECOND, Gesture, utter
from tears.samples.waveforms import SCENE_RATE_HZ, FloatArray
from tears.trainer.augmentation.throats.utterances import attack_and_release, between, frames_of, in_a_row, slow_curve

# A man's first four resonances for the vowels in which adults cry, as in hud, had, hod, the, and hood.
_SOB_VOWELS_HZ = (
    (640.0, 1190.0, 2390.0, 3400.0),
    (660.0, 1720.0, 2410.0, 3400.0),
    (730.0, 1090.0, 2440.0, 3300.0),
    (560.0, 1500.0, 2400.0, 3300.0),
    (400.0, 1000.0, 2250.0, 3200.0),
)
_SOB_BANDWIDTHS_HZ = (130.0, 155.0, 230.0, 340.0)


@dataclass(frozen=True)
class SobbingAdult:
    """An adult's voice and way of crying."""

    pitch_hz: float  # the middle of the melody
    tract: float  # resonances divided by those of a man's vocal tract
    sobs_per_second: float
    wails: float  # share of breaths that are one long wail
    breath: float  # turbulence in relation to the effort of the voice
    roughness: float
    tilt_hz: float  # above it the source falls by 12 dB an octave


def random_adult(rng: np.random.Generator) -> SobbingAdult:
    """Draw a woman (two of three) or a man. Both cry higher than they talk."""
    is_woman = rng.random() < 0.65
    return SobbingAdult(
        pitch_hz=between(250.0, 450.0, rng) if is_woman else between(160.0, 350.0, rng),
        tract=rng.uniform(1.1, 1.25) if is_woman else rng.uniform(0.94, 1.06),
        sobs_per_second=rng.uniform(2.5, 4.2),
        wails=rng.uniform(0.05, 0.5),
        breath=between(0.015, 0.17, rng),
        roughness=rng.uniform(0.0, 0.14),
        tilt_hz=between(1200.0, 4000.0, rng),
    )


def sobbing(rng: np.random.Generator) -> Signal:
    """Generate an adult who cries: float32 [110 250], with a peak of 1."""
    adult = random_adult(rng)
    return in_a_row(lambda: _breath(adult, rng), (0.03, 0.5), rng)


def _breath(adult: SobbingAdult, rng: np.random.Generator) -> FloatArray:
    """Return one breath: sobs or a wail, and then air that is drawn in or a sniff."""
    voice = _wail(adult, rng) if rng.random() < adult.wails else _sobs(adult, rng)
    rest = np.zeros(int(rng.uniform(0.02, 0.2) * SCENE_RATE_HZ))
    return np.concatenate([voice, rest, _sniff(rng) if rng.random() < 0.25 else _gasp(adult, rng)])


def _sobs(adult: SobbingAdult, rng: np.random.Generator) -> FloatArray:
    since = frames_of(rng.integers(2, 8) / adult.sobs_per_second)
    place = since / since[-1]
    beat = np.cumsum(adult.sobs_per_second * (1 + 0.17 * slow_curve(since.size, 3, rng))) / FRAMES_PER_SECOND
    # The glottis opens for the second half of each beat, and more breath than voice is heard.
    openness = 1 / (1 + np.exp(rng.uniform(3, 8) * (np.cos(2 * np.pi * beat) + rng.uniform(-0.3, 0.3))))
    effort = attack_and_release(since, 0.03, 0.1)
    effort = effort * (1 - rng.uniform(0.1, 0.6) * place) * (1 - rng.uniform(0.65, 0.95) * openness)
    pitch_hz = adult.pitch_hz * rng.uniform(0.9, 1.15) * (1.12 - rng.uniform(0.0, 0.4) * place)
    pitch_hz = pitch_hz * (1 + 0.06 * np.cos(2 * np.pi * beat) + 0.02 * slow_curve(since.size, 8, rng))
    breath = adult.breath * effort + rng.uniform(0.006, 0.13) * openness * (1 - place)
    return _uttered(adult, pitch_hz, effort, breath, rng)


def _wail(adult: SobbingAdult, rng: np.random.Generator) -> FloatArray:
    since = frames_of(rng.uniform(0.6, 1.7))
    place = since / since[-1]
    tremor_hz = rng.uniform(4.0, 7.5)
    tremor = np.sin(2 * np.pi * (tremor_hz * since + 0.1 * slow_curve(since.size, 3, rng)))
    depth = rng.uniform(0.01, 0.06) * np.minimum(2 * place, 1)
    melody = np.interp(place, (0, rng.uniform(0.1, 0.4), 1), (rng.uniform(0.8, 1), 1.15, rng.uniform(0.6, 0.9)))
    pitch_hz = adult.pitch_hz * rng.uniform(1.0, 1.25) * melody * (1 + depth * tremor)
    effort = attack_and_release(since, 0.06, 0.15) * (1 + 3 * depth * tremor)
    return _uttered(adult, pitch_hz, effort, adult.breath * effort, rng)


def _gasp(adult: SobbingAdult, rng: np.random.Generator) -> FloatArray:
    """Return air that is drawn in, in one pull or in two or three, with a voice now and then."""
    since = frames_of(rng.uniform(0.3, 0.8))
    place = since / since[-1]
    flow = np.sin(np.pi * place) ** 0.6
    if rng.random() < 0.5:
        flow = flow * np.abs(np.sin(np.pi * place * rng.integers(2, 4)))
    voice = rng.uniform(0.04, 0.25) * flow if rng.random() < 0.4 else 0.0 * flow
    pitch_hz = adult.pitch_hz * rng.uniform(1.2, 1.6) * (0.9 + 0.3 * place)
    return _uttered(adult, pitch_hz, voice, rng.uniform(0.04, 0.5) * flow, rng)


def _sniff(rng: np.random.Generator) -> FloatArray:
    """Return a sniff or two: noise of a wet nose, without a voice."""
    since = frames_of(rng.uniform(0.12, 0.35))
    flow = np.sin(np.pi * since / since[-1]) ** 2 * (1 + 0.3 * slow_curve(since.size, 25, rng))
    nose = Gesture(
        pitch_hz=np.full(since.size, 150.0),
        effort=np.zeros(since.size),
        breath=rng.uniform(0.05, 0.5) * np.maximum(flow, 0),
        roughness=np.zeros(since.size),
        formants_hz=np.tile([1000.0, 2100.0, 3400.0, 4700.0], (since.size, 1)),
        bandwidths_hz=(300.0, 400.0, 500.0, 600.0),
        spacing_hz=1100.0,
        press=1.0,
        tilt_hz=3000.0,
        jitter=0.01,
        shimmer=0.05,
    )
    return utter(nose, rng)


def _uttered(
    adult: SobbingAdult, pitch_hz: FloatArray, effort: FloatArray, breath: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Return the sound of tracks of one value for each frame, on a glide from one vowel to another."""
    frames = pitch_hz.size
    vowels = np.array(_SOB_VOWELS_HZ)[rng.integers(0, len(_SOB_VOWELS_HZ), 2)] * adult.tract
    glide = np.linspace(0, 1, frames)[:, None]
    formants_hz = vowels[0] * (1 - glide) + vowels[1] * glide
    formants_hz = formants_hz * (1 + 0.03 * slow_curve(frames, 4, rng))[:, None]
    # Towards its end the voice creaks.
    creak = 0.2 * np.exp((np.arange(frames) - frames) / (0.08 * FRAMES_PER_SECOND))
    return utter(
        Gesture(
            pitch_hz=pitch_hz,
            effort=np.maximum(effort, 0),
            breath=np.maximum(breath, 0),
            roughness=np.clip(adult.roughness + creak + 0.05 * slow_curve(frames, 3, rng), 0, 1),
            formants_hz=formants_hz,
            bandwidths_hz=_SOB_BANDWIDTHS_HZ,
            spacing_hz=1030.0 * adult.tract,
            press=rng.uniform(1.0, 1.6),
            tilt_hz=adult.tilt_hz,
            jitter=0.015,
            shimmer=0.1,
        ),
        rng,
    )
