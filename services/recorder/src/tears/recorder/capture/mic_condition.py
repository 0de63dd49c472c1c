"""Whether a microphone hears: a silent microphone is a fault, not silence.

A room is never silent: the air, the house and the microphone's own electronics move the lowest bits at all times. So a
minute of sound without them comes from a microphone that is muted, torn off behind its sound card, or dead. Two signs
tell, each for 60 s without a break:

- nothing moves: all samples of a second lie within two steps of each other (zeros, a constant, dither);
- everything is far quieter than this microphone has ever been, and as steady as only electronics are: what a sound card
  gives whose microphone was pulled out. Steadiness tells it from a quiet night, in which something always stirs.

Pure: no I/O, and no clock of its own. `now` is monotonic seconds, handed in.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tears.kit.registry.mic_state import MicState

FULL_SCALE = 32_768.0
SILENCE_DBFS = -120.0
SILENT_AFTER_SECONDS = 60.0
# The peak-to-peak movement of a second that holds no sound: dither moves the lowest bit either way.
MUTE_STEPS = 2
# How far below its own floor a microphone is taken to be torn off, and how steady that is: a second's level of
# electronic noise varies by a few tenths of a decibel, that of a room by several.
BELOW_FLOOR_DB = 20.0
STEADY_DB = 2.0
# The floor is known once so many seconds of sound have been heard.
FLOOR_AFTER_SECONDS = 600.0
_NO_RANGE = (math.inf, -math.inf)
# Clipping is what cuts off this share of the last seconds; a single click at full scale is none.
CLIPPING_SHARE = 0.001
CLIPPING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class SoundStats:
    """What a second or so of sound is judged by.

    Attributes:
        seconds: its length.
        level_dbfs: RMS about the mean, since a constant offset is no sound; -120 where nothing moves.
        steps: the largest peak-to-peak movement of a channel.
        clipped_share: of the values at full scale, 0 to 1.
        clipped_values: how many those are.
    """

    seconds: float
    level_dbfs: float
    steps: int
    clipped_share: float
    clipped_values: int


def sound_stats(frames: npt.NDArray[np.int16], sample_rate_hz: int) -> SoundStats:
    """Measures.

    Args:
        frames: int16, shape (samples, channels), at least one sample.
        sample_rate_hz: of the sound.
    """
    lowest, highest = frames.min(axis=0).astype(int), frames.max(axis=0).astype(int)
    power = float(np.max(np.var(frames, axis=0, dtype=np.float32)))
    level_dbfs = 10.0 * math.log10(power / FULL_SCALE**2) if power > 0.0 else SILENCE_DBFS
    clipped_values = 0
    if highest.max() == np.iinfo(np.int16).max or lowest.min() == np.iinfo(np.int16).min:
        clipped_values = int(np.count_nonzero((frames == np.iinfo(np.int16).max) | (frames == np.iinfo(np.int16).min)))
    return SoundStats(
        seconds=len(frames) / sample_rate_hz,
        level_dbfs=max(level_dbfs, SILENCE_DBFS),
        steps=int((highest - lowest).max()),
        clipped_share=clipped_values / frames.size,
        clipped_values=clipped_values,
    )


class Hearing:
    """One microphone's, through all its sessions. A microphone begins as absent."""

    def __init__(self, silent_after_seconds: float = SILENT_AFTER_SECONDS) -> None:
        """Has heard nothing yet.

        Args:
            silent_after_seconds: so long without a sound is silence.
        """
        self._silent_after_seconds = silent_after_seconds
        self._lost: MicState | None = MicState.ABSENT
        self._device = ""
        self._is_silent = False
        # Since when nothing has moved, and since when all has been far below the floor, and how far apart that lay.
        self._dead_since_seconds = math.inf
        self._quiet_since_seconds = math.inf
        self._quiet_range_dbfs = _NO_RANGE
        # The last seconds, oldest first: when they came, how long they are, the share at full scale.
        self._recent: deque[tuple[float, float, float]] = deque()
        # The sound that the floor was learned from.
        self._heard_seconds = 0.0
        self._lowest_dbfs = math.inf

    @property
    def state(self) -> MicState:
        """What is to be said now."""
        if self._lost is not None:
            return self._lost
        if self._is_silent:
            return MicState.SILENT
        return MicState.CLIPPING if self._is_clipping() else MicState.LISTENING

    @property
    def floor_dbfs(self) -> float | None:
        """The quietest second of this microphone; None until it is known."""
        return self._lowest_dbfs if self._heard_seconds >= FLOOR_AFTER_SECONDS else None

    def begin(self, device: str, now: float) -> None:
        """A session begins; what was learned of another device is forgotten."""
        if device != self._device:
            self._device = device
            self._is_silent = False
            self._heard_seconds = 0.0
            self._lowest_dbfs = math.inf
        self._lost = None
        # Only sound without a break tells; but a fault that was seen stays one until something is heard.
        if not self._is_silent:
            self._dead_since_seconds = now
        self._quiet_since_seconds = now
        self._quiet_range_dbfs = _NO_RANGE
        self._recent.clear()

    def lose(self, state: MicState) -> None:
        """No sound comes any more: `STALLED` or `ABSENT`."""
        self._lost = state

    def add(self, stats: SoundStats, now: float) -> None:
        """Sound has come, and its last sample was captured now."""
        self._lost = None
        self._recent.append((now, stats.seconds, stats.clipped_share))
        while self._recent and now - self._recent[0][0] >= CLIPPING_SECONDS:
            self._recent.popleft()
        if stats.steps > MUTE_STEPS:
            self._dead_since_seconds = now
        is_torn_off = self._is_torn_off(stats, now)
        if stats.steps > MUTE_STEPS and not self._is_below_floor(stats):
            self._heard_seconds += stats.seconds
            self._lowest_dbfs = min(self._lowest_dbfs, stats.level_dbfs)
        self._is_silent = is_torn_off or now - self._dead_since_seconds >= self._silent_after_seconds

    def _is_torn_off(self, stats: SoundStats, now: float) -> bool:
        """Whether the sound has been too quiet and too steady for too long."""
        if not self._is_below_floor(stats):
            self._quiet_since_seconds = now
            self._quiet_range_dbfs = _NO_RANGE
            return False
        lowest_dbfs, highest_dbfs = self._quiet_range_dbfs
        self._quiet_range_dbfs = (min(lowest_dbfs, stats.level_dbfs), max(highest_dbfs, stats.level_dbfs))
        if self._quiet_range_dbfs[1] - self._quiet_range_dbfs[0] > STEADY_DB:
            # Something stirs: it is the room that has become quiet, and this is its floor from now on.
            self._lowest_dbfs = stats.level_dbfs
            self._quiet_since_seconds = now
            self._quiet_range_dbfs = _NO_RANGE
            return False
        return now - self._quiet_since_seconds >= self._silent_after_seconds

    def _is_below_floor(self, stats: SoundStats) -> bool:
        floor_dbfs = self.floor_dbfs
        return floor_dbfs is not None and stats.level_dbfs < floor_dbfs - BELOW_FLOOR_DB

    def _is_clipping(self) -> bool:
        heard_seconds = sum(seconds for _, seconds, _ in self._recent)
        clipped_seconds = sum(seconds * share for _, seconds, share in self._recent)
        return clipped_seconds > CLIPPING_SHARE * heard_seconds
