"""Measure a second of sound: its level, how much it moves, and how much of it clips. Pure."""

import math
from dataclasses import dataclass

import numpy as np

from tears.audio.constants import FULL_SCALE, SILENCE_DBFS
from tears.audio.format import Int16Array, to_mono

# A value at or above this magnitude counts as clipped. G.711, in which many cameras send their sound, ends at 32 124.
CLIPPED_FROM = round(0.98 * FULL_SCALE)  # 32 113


@dataclass(frozen=True, slots=True)
class SoundStats:
    """The figures that the condition of a microphone is judged by.

    Attributes:
        seconds: Length of the sound.
        level_dbfs: RMS around the mean, because a constant offset is not sound; -120 where nothing moves.
        steps: The peak-to-peak movement.
        clipped_share: Share of the values at full scale, 0 to 1.
        clipped_values: Number of the values at full scale.

    Level and movement are those of the mix that the model is given, so a mix that is silent shows here.
    """

    seconds: float
    level_dbfs: float
    steps: int
    clipped_share: float
    clipped_values: int


def sound_stats(frames: Int16Array, sample_rate_hz: int) -> SoundStats:
    """Measure int16 sound of shape (samples, channels) that has at least one sample."""
    mono = to_mono(frames)
    power = float(np.var(mono, dtype=np.float32))
    level_dbfs = 10.0 * math.log10(power / FULL_SCALE**2) if power > 0.0 else SILENCE_DBFS
    clipped_values = 0
    if frames.max() >= CLIPPED_FROM or frames.min() <= -CLIPPED_FROM:
        clipped_values = int(np.count_nonzero((frames >= CLIPPED_FROM) | (frames <= -CLIPPED_FROM)))
    return SoundStats(
        seconds=len(frames) / sample_rate_hz,
        level_dbfs=max(level_dbfs, SILENCE_DBFS),
        steps=int(mono.max()) - int(mono.min()),
        clipped_share=clipped_values / frames.size,
        clipped_values=clipped_values,
    )
