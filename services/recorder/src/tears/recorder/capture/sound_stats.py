"""Measure a second of sound: its level, how much it moves, and how much of it clips. Pure."""

import math
from dataclasses import dataclass

import numpy as np

from tears.audio.constants import FULL_SCALE, LARGEST_SAMPLE, SILENCE_DBFS
from tears.audio.format import Int16Array


@dataclass(frozen=True, slots=True)
class SoundStats:
    """The figures that the condition of a microphone is judged by.

    Attributes:
        seconds: Length of the sound.
        level_dbfs: RMS around the mean, because a constant offset is not sound; -120 where nothing moves.
        steps: The largest peak-to-peak movement of a channel.
        clipped_share: Share of the values at full scale, 0 to 1.
        clipped_values: Number of the values at full scale.
    """

    seconds: float
    level_dbfs: float
    steps: int
    clipped_share: float
    clipped_values: int


def sound_stats(frames: Int16Array, sample_rate_hz: int) -> SoundStats:
    """Measure int16 sound of shape (samples, channels) that has at least one sample."""
    lowest, highest = frames.min(axis=0).astype(int), frames.max(axis=0).astype(int)
    power = float(np.max(np.var(frames, axis=0, dtype=np.float32)))
    level_dbfs = 10.0 * math.log10(power / FULL_SCALE**2) if power > 0.0 else SILENCE_DBFS
    clipped_values = 0
    if highest.max() == LARGEST_SAMPLE or lowest.min() == -FULL_SCALE:
        clipped_values = int(np.count_nonzero((frames == LARGEST_SAMPLE) | (frames == -FULL_SCALE)))
    return SoundStats(
        seconds=len(frames) / sample_rate_hz,
        level_dbfs=max(level_dbfs, SILENCE_DBFS),
        steps=int((highest - lowest).max()),
        clipped_share=clipped_values / frames.size,
        clipped_values=clipped_values,
    )
