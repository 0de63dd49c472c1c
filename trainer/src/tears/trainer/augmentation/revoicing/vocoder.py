"""Take a recorded voice apart into pitch, resonances and breath, and put it together again as another voice.

The vocoder is WORLD: DIO and StoneMask find the pitch, CheapTrick the spectral envelope, D4C the aperiodicity. It needs
the package `pyworld-prebuilt`, which the extra "training" installs.

M. Morise, F. Yokomori, K. Ozawa, WORLD: a vocoder-based high-quality speech synthesis system (2016).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyworld

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.trainer.augmentation.acoustics import LEVEL_FRAME_SAMPLES, active_rms, frame_levels

LOWEST_PITCH_HZ: Final = 150.0
HIGHEST_PITCH_HZ: Final = 1500.0
FRAME_MILLISECONDS: Final = 5.0
ENVELOPE_FFT_SAMPLES: Final = 512  # three periods of the lowest pitch
# How far the pitch may leap from frame to frame, as a share. DIO's default, 0.1, makes whispers of cries that break.
LARGEST_LEAP: Final = 0.2
# D4C takes frames with less periodicity than this for unvoiced. It judges by frequencies that old recordings lack.
LEAST_PERIODICITY: Final = 0.0
# Of the frames that sound, at least this share must have a pitch. Else the vocoder would make a whisper of the voice.
LEAST_VOICED: Final = 0.4

_Track = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VoiceAnalysis:
    """A voice, with a value or a spectrum each 5 ms."""

    pitch_hz: _Track  # [frames], 0 where there is no pitch
    envelope: _Track  # [frames, 257], power
    aperiodicity: _Track  # [frames, 257], the share of noise, 0 to 1


@dataclass(frozen=True)
class NewVoice:
    """How a new voice differs from the recorded one. All factors are 1 and the depth is 0 for the same voice."""

    pitch: float  # the factor of its median
    melody: float  # the factor of its distance from the median, in octaves
    vibrato_depth: float  # in octaves
    vibrato_hz: float
    resonances: float  # the factor of their frequencies: a shorter vocal tract has higher ones
    breath: float  # above 1 there is more noise in the voice, below 1 less
    tempo: float  # above 1 it is faster


def random_voice(rng: np.random.Generator) -> NewVoice:
    """Draw another voice."""
    return NewVoice(
        pitch=_between(0.78, 1.2, rng),
        melody=rng.uniform(0.5, 1.25),
        vibrato_depth=rng.choice([0.0, rng.uniform(0.005, 0.02)]),
        vibrato_hz=rng.uniform(4.0, 9.0),
        resonances=_between(0.87, 1.18, rng),
        breath=_between(0.6, 1.6, rng),
        tempo=_between(0.8, 1.3, rng),
    )


def analyse(samples: Signal) -> VoiceAnalysis | None:
    """Take a voice apart, float [samples] at 22 050 Hz; return None if too little of the sound has a pitch."""
    sound = np.ascontiguousarray(samples, np.float64)
    rough_hz, times = pyworld.dio(
        sound, MODEL_RATE_HZ, LOWEST_PITCH_HZ, HIGHEST_PITCH_HZ, 2.0, FRAME_MILLISECONDS, allowed_range=LARGEST_LEAP
    )
    pitch_hz = pyworld.stonemask(sound, rough_hz, times, MODEL_RATE_HZ)
    if _voiced_share(samples, pitch_hz, times) < LEAST_VOICED:
        return None
    size = ENVELOPE_FFT_SAMPLES
    envelope = pyworld.cheaptrick(sound, pitch_hz, times, MODEL_RATE_HZ, f0_floor=LOWEST_PITCH_HZ, fft_size=size)
    noise = pyworld.d4c(sound, pitch_hz, times, MODEL_RATE_HZ, LEAST_PERIODICITY, fft_size=size)
    return VoiceAnalysis(pitch_hz, envelope, noise)


def synthesise(analysis: VoiceAnalysis, voice: NewVoice, rng: np.random.Generator) -> Signal:
    """Put an analysis together as another voice: float32, at most 5 s at 22 050 Hz. Its level is about the same."""
    frames = len(analysis.pitch_hz)
    at = np.arange(0, frames - 1, voice.tempo)
    nearest = np.rint(at).astype(int)
    pitch_hz = _other_pitch(analysis.pitch_hz[nearest], voice, rng)
    envelope = _stretched(analysis.envelope[nearest], voice.resonances)
    aperiodicity = _stretched(analysis.aperiodicity[nearest], voice.resonances) ** (1 / voice.breath)
    sound = pyworld.synthesize(pitch_hz, envelope, aperiodicity, MODEL_RATE_HZ, FRAME_MILLISECONDS)
    start = int(rng.integers(0, max(1, len(sound) - WINDOW_SAMPLES)))
    return np.asarray(sound[start : start + WINDOW_SAMPLES], np.float32)


def _other_pitch(pitch_hz: _Track, voice: NewVoice, rng: np.random.Generator) -> _Track:
    """Change a pitch where there is one, and keep it within the range of the vocoder."""
    is_voiced = pitch_hz > 0
    median_hz = float(np.median(pitch_hz[is_voiced]))
    octaves = np.log2(np.where(is_voiced, pitch_hz, median_hz) / median_hz) * voice.melody
    seconds = np.arange(len(pitch_hz)) * FRAME_MILLISECONDS / 1000
    octaves += voice.vibrato_depth * np.sin(2 * np.pi * (voice.vibrato_hz * seconds + rng.random()))
    changed = np.clip(median_hz * voice.pitch * 2**octaves, LOWEST_PITCH_HZ, 2 * HIGHEST_PITCH_HZ)
    return np.where(is_voiced, changed, 0.0)


def _stretched(spectra: _Track, factor: float) -> _Track:
    """Stretch spectra, [frames, 257], along the frequencies."""
    bins = spectra.shape[1]
    place = np.minimum(np.arange(bins) / factor, bins - 1)
    lower = np.minimum(place.astype(int), bins - 2)
    part = place - lower
    return np.ascontiguousarray(spectra[:, lower] * (1 - part) + spectra[:, lower + 1] * part)


def _voiced_share(samples: Signal, pitch_hz: _Track, times: _Track) -> float:
    levels = frame_levels(samples)
    sounding = np.repeat(levels > 0.2 * active_rms(samples), LEVEL_FRAME_SAMPLES)
    at = np.minimum((times * MODEL_RATE_HZ).astype(int), len(sounding) - 1)
    return float(np.mean(pitch_hz[sounding[at]] > 0)) if sounding[at].any() else 0.0


def _between(low: float, high: float, rng: np.random.Generator) -> float:
    """Draw a factor, uniformly on a scale of logarithms."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
