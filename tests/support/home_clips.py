"""Clips of a home in which a doll whimpers: the shipped model takes it for a baby. Everything is generated."""

from pathlib import Path

import numpy as np
import soundfile
import soxr

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array, int16_from_float
from tears.samples.voices.babies import BABIES, Baby
from tears.samples.voices.crying import crying_episode
from tears.samples.waveforms import SCENE_RATE_HZ, FloatArray
from tears.trainer.augmentation.throats.toddlers import babbling

_PEAK = 0.1
# How loud the doll's whimper is beside its babble. The model gives it scores from 0.66 to 0.86.
_WHIMPER = 0.4
DOLL_SEEDS = (0, 2, 4, 5, 6, 7, 8, 13)


def cry(baby: Baby, seed: int) -> Int16Array:
    """Return a cry, int16 [110 250]."""
    return _clip(_cry(baby, seed))


def doll(seed: int) -> Int16Array:
    """Return a doll that babbles and whimpers, int16 [110 250]."""
    return _clip(babbling(np.random.default_rng(seed)) + _WHIMPER * _cry(BABIES[2], seed))


def write_home(folder: Path) -> Path:
    """Write eight cries and eight sounds of the doll, each of a recording of its own; return the folder."""
    for number, seed in enumerate(DOLL_SEEDS):
        baby = BABIES[(0, 1, 4, 5)[number % 4]]
        write_clip(folder / "crying" / f"cry-{number}_nohash_0.wav", cry(baby, number))
        write_clip(folder / "other" / f"doll-{number}_nohash_0.wav", doll(seed))
    return folder


def write_clip(path: Path, samples: Int16Array) -> None:
    """Write a clip as a WAV; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, MODEL_RATE_HZ, subtype="PCM_16")


def _cry(baby: Baby, seed: int) -> FloatArray:
    sound = crying_episode(baby, 8.0, np.random.default_rng(seed))
    window = soxr.resample(sound, SCENE_RATE_HZ, MODEL_RATE_HZ)[:WINDOW_SAMPLES]
    return np.asarray(window / np.max(np.abs(window)), np.float64)


def _clip(sound: FloatArray) -> Int16Array:
    return int16_from_float(_PEAK * sound / np.max(np.abs(sound)))
