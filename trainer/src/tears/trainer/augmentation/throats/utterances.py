"""Join utterances of the demo's larynx and vocal tract into a sound of five seconds."""

from collections.abc import Callable
from typing import Final

import numpy as np
import soxr

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.samples.voices.voice import FRAMES_PER_SECOND
from tears.samples.waveforms import SCENE_RATE_HZ, FloatArray, wander

LONGEST_LEAD_SECONDS: Final = 0.6


def in_a_row(
    utterance: Callable[[], FloatArray], pause_seconds: tuple[float, float], rng: np.random.Generator
) -> Signal:
    """Return utterances with pauses between them that fill five seconds: float32 [110 250], with a peak of 1.

    Args:
        utterance: Returns the next one, at 48 kHz.
        pause_seconds: The shortest and the longest pause. A scene cuts out 1.2 s or more, which would be silent if a
            pause were as long.
        rng: Draws the pauses.
    """
    parts = [np.zeros(int(rng.uniform(0, LONGEST_LEAD_SECONDS) * SCENE_RATE_HZ))]
    while sum(part.size for part in parts) < SCENE_RATE_HZ * WINDOW_SAMPLES / MODEL_RATE_HZ:
        pause = np.exp(rng.uniform(*np.log(pause_seconds)))
        parts += [utterance(), np.zeros(int(pause * SCENE_RATE_HZ))]
    sound = soxr.resample(np.concatenate(parts), SCENE_RATE_HZ, MODEL_RATE_HZ)[:WINDOW_SAMPLES]
    return np.asarray(sound / (np.max(np.abs(sound)) + 1e-9), np.float32)


def frames_of(seconds: float) -> FloatArray:
    """Return the time of each frame of a gesture that lasts so long: float64, in seconds."""
    return np.arange(max(2, round(seconds * FRAMES_PER_SECOND))) / FRAMES_PER_SECOND


def slow_curve(frames: int, steps_per_second: float, rng: np.random.Generator) -> FloatArray:
    """Return a slow random curve with a deviation of about 1, with a value for each frame."""
    return wander(frames, steps_per_second, rng, FRAMES_PER_SECOND)


def attack_and_release(since: FloatArray, attack_seconds: float, release_seconds: float) -> FloatArray:
    """Return the level of a voice that sets in and dies away, 0 to 1, at each frame's time."""
    left = since[-1] + 1 / FRAMES_PER_SECOND - since
    return np.asarray((1 - np.exp(-since / attack_seconds)) * (1 - np.exp(-left / release_seconds)))


def between(low: float, high: float, rng: np.random.Generator) -> float:
    """Draw a number that is as likely in each octave of the range."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
