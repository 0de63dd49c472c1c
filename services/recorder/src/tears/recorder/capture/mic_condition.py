"""Decide the condition of a microphone: a silent microphone is a fault, not silence.

A room is never silent: the air, the house and the microphone's own electronics move the lowest bits at all times. So a
minute without any movement comes from a microphone that is muted, unplugged behind its sound card, or dead. Either of
two signs shows it, if it lasts for 60 s without a break:

- nothing moves: all samples of a second lie within two steps of each other (zeros, a constant, dither);
- everything is far quieter than this microphone has ever been, and as steady as only electronics are. A sound card
  gives this when its microphone is pulled out. A quiet night is not that steady: something always stirs.

A microphone that gives a burst of sound and breaks off, again and again, is stalled all the time, and not listening in
between: from bursts shorter than a window nothing is heard. Sound that comes faster than a room makes it, as from a
recording on a web server, is a burst as well, however much it is.

Pure: no I/O and no clock. `now_seconds` is monotonic time that the caller passes in.
"""

import math
from collections import deque

from tears.kit.registry.mic_state import MicState
from tears.recorder.capture.sound_stats import SoundStats

SILENT_AFTER_SECONDS = 60.0
# The peak-to-peak movement of a second that holds no sound: dither moves the lowest bit up and down.
MUTE_STEPS = 2
# A microphone that is this far below its own floor counts as unplugged, if its level is this steady. The level of
# electronic noise varies by a few tenths of a decibel from second to second, that of a room by several.
BELOW_FLOOR_DB = 20.0
STEADY_DB = 2.0
# The floor is known after this many seconds of sound.
FLOOR_AFTER_SECONDS = 600.0
# A session that gives less sound than this is a burst. After so many bursts a microphone must give sound for longer,
# without a break, before it is listening again; so a parent is not told of every burst.
BURST_SECONDS = 10.0
# A session may have so much more sound than time: what a server had kept when it began.
KEPT_SECONDS = 5.0
BURSTS = 2
STEADY_SOUND_SECONDS = 30.0
_NO_RANGE_DBFS = (math.inf, -math.inf)
# The microphone clips if more than this share of the last seconds is at full scale. A single click is less.
CLIPPING_SHARE = 0.001
CLIPPING_SECONDS = 10.0


class MicCondition:
    """The condition of one microphone through all its sessions. A microphone begins as absent."""

    def __init__(self) -> None:
        self._lost: MicState | None = MicState.ABSENT
        self._device = ""
        # The sound of this session so far, without what came too fast; None between two sessions.
        self._session_seconds: float | None = None
        self._begun_at_seconds = 0.0
        self._bursts = 0
        self._is_silent = False
        # When something moved last.
        self._moved_at_seconds = math.inf
        # The time since which all sound has been far below the floor, and the range of its levels since then.
        self._quiet_since_seconds = math.inf
        self._quiet_range_dbfs = _NO_RANGE_DBFS
        # The last seconds, oldest first: when they ended, how long they are, the share at full scale.
        self._recent: deque[tuple[float, float, float]] = deque()
        # The floor: the quietest second, and how many seconds it was learned from.
        self._learned_seconds = 0.0
        self._lowest_dbfs = math.inf

    @property
    def state(self) -> MicState:
        """Return the state to report now."""
        if self._lost is not None:
            return self._lost
        if self._is_silent:
            return MicState.SILENT
        return MicState.CLIPPING if self._is_clipping() else MicState.LISTENING

    @property
    def is_unsteady(self) -> bool:
        """Return whether there have been nothing but bursts of sound for a while."""
        return self._bursts >= BURSTS

    @property
    def floor_dbfs(self) -> float | None:
        """Return the level of this microphone's quietest second; None until it is known."""
        return self._lowest_dbfs if self._learned_seconds >= FLOOR_AFTER_SECONDS else None

    def begin_session(self, device: str, now_seconds: float) -> None:
        """Begin a session; forget what was learned of another device."""
        if device != self._device:
            self._device = device
            self._is_silent = False
            self._bursts = 0
            self._learned_seconds = 0.0
            self._lowest_dbfs = math.inf
        self._session_seconds, self._begun_at_seconds = 0.0, now_seconds
        self._lost = MicState.STALLED if self.is_unsteady else None
        # Only silence without a break counts; but a fault that was found remains one until there is sound.
        if not self._is_silent:
            self._moved_at_seconds = now_seconds
        self._restart_quiet(now_seconds)
        self._recent.clear()

    def lose(self, state: MicState) -> None:
        """Note that no sound comes any more: `STALLED` or `ABSENT`."""
        if self._session_seconds is not None and self._session_seconds < BURST_SECONDS:
            self._bursts += 1
        self._session_seconds = None
        self._lost = state

    def add(self, stats: SoundStats, now_seconds: float) -> None:
        """Judge the sound that has just come; `now_seconds` is when its last sample was captured."""
        passed_seconds = now_seconds - self._begun_at_seconds
        self._session_seconds = min((self._session_seconds or 0.0) + stats.seconds, passed_seconds + KEPT_SECONDS)
        if self._session_seconds >= (STEADY_SOUND_SECONDS if self.is_unsteady else BURST_SECONDS):
            self._bursts = 0
        self._lost = MicState.STALLED if self.is_unsteady else None
        self._recent.append((now_seconds, stats.seconds, stats.clipped_share))
        while self._recent and now_seconds - self._recent[0][0] >= CLIPPING_SECONDS:
            self._recent.popleft()
        is_moving = stats.steps > MUTE_STEPS
        if is_moving:
            self._moved_at_seconds = now_seconds
        is_unplugged = self._is_unplugged(stats, now_seconds)
        if is_moving and not self._is_below_floor(stats):
            self._learned_seconds += stats.seconds
            self._lowest_dbfs = min(self._lowest_dbfs, stats.level_dbfs)
        self._is_silent = is_unplugged or now_seconds - self._moved_at_seconds >= SILENT_AFTER_SECONDS

    def _is_unplugged(self, stats: SoundStats, now_seconds: float) -> bool:
        """Return whether the sound has been too quiet and too steady for too long."""
        if not self._is_below_floor(stats):
            self._restart_quiet(now_seconds)
            return False
        lowest_dbfs, highest_dbfs = self._quiet_range_dbfs
        self._quiet_range_dbfs = (min(lowest_dbfs, stats.level_dbfs), max(highest_dbfs, stats.level_dbfs))
        if self._quiet_range_dbfs[1] - self._quiet_range_dbfs[0] > STEADY_DB:
            # Something stirs: the room has become quiet, and this is its floor from now on.
            self._lowest_dbfs = stats.level_dbfs
            self._restart_quiet(now_seconds)
            return False
        return now_seconds - self._quiet_since_seconds >= SILENT_AFTER_SECONDS

    def _restart_quiet(self, now_seconds: float) -> None:
        self._quiet_since_seconds = now_seconds
        self._quiet_range_dbfs = _NO_RANGE_DBFS

    def _is_below_floor(self, stats: SoundStats) -> bool:
        floor_dbfs = self.floor_dbfs
        return floor_dbfs is not None and stats.level_dbfs < floor_dbfs - BELOW_FLOOR_DB

    def _is_clipping(self) -> bool:
        recent_seconds = sum(seconds for _, seconds, _ in self._recent)
        clipped_seconds = sum(seconds * share for _, seconds, share in self._recent)
        return clipped_seconds > CLIPPING_SHARE * recent_seconds
