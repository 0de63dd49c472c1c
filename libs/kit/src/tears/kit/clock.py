"""Time as a value that is passed in, so that tests control it."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

# Before the first date this program did not exist, and after the second none of its machines will run any more.
_WRITTEN_AT_SECONDS = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_OUTLIVED_AT_SECONDS = datetime(2056, 1, 1, tzinfo=UTC).timestamp()
# Linux has it; other systems have no such file.
_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Wall time for display and lag, monotonic time for decisions."""

    def wall_seconds(self) -> float:
        """Return the seconds since the Unix epoch; they may jump either way."""

    def monotonic_seconds(self) -> float:
        """Return the seconds since an arbitrary start; they never go back."""

    def wait(self, event: threading.Event, timeout_seconds: float) -> bool:
        """Block until `event` is set or the time is over; return whether it is set."""


class SystemClock:
    """The clocks of the machine."""

    wall_seconds = staticmethod(time.time)
    monotonic_seconds = staticmethod(time.monotonic)

    def wait(self, event: threading.Event, timeout_seconds: float) -> bool:
        """Block until `event` is set or the time is over."""
        return event.wait(timeout_seconds)


class ManualClock:
    """A clock that a test moves; the fake beside `SystemClock`.

    A wait returns at once, and moves the clock as if the whole time had passed.
    """

    def __init__(self, wall_seconds: float = 1_700_000_000.0, monotonic_seconds: float = 0.0) -> None:
        self._wall_seconds = wall_seconds
        self._monotonic_seconds = monotonic_seconds
        self._lock = threading.Lock()

    def wall_seconds(self) -> float:
        """Return the wall time that the test has set."""
        return self._wall_seconds

    def monotonic_seconds(self) -> float:
        """Return the monotonic time that the test has set."""
        return self._monotonic_seconds

    def wait(self, event: threading.Event, timeout_seconds: float) -> bool:
        """Move the clock by the timeout unless `event` is set; do not block."""
        if not event.is_set():
            self.advance(timeout_seconds)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        with self._lock:
            self._wall_seconds += seconds
            self._monotonic_seconds += seconds

    def step_wall(self, seconds: float) -> None:
        """Move only the wall clock, as NTP does on a machine without a battery clock."""
        with self._lock:
            self._wall_seconds += seconds


def boot_id() -> str:
    """Return which start of the machine this is: until the next, the monotonic clock runs on; empty if unknown."""
    try:
        return _BOOT_ID_FILE.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def wall_clock_fault(wall_seconds: float) -> str:
    """Return why a wall clock cannot be right and what follows from that; empty if it may be right.

    A machine without a battery clock starts in 1970, or where it was switched off.
    """
    if _WRITTEN_AT_SECONDS <= wall_seconds < _OUTLIVED_AT_SECONDS:
        return ""
    shown = time.strftime("%Y-%m-%d", time.gmtime(wall_seconds))
    return (
        f"the clock shows {shown}, which cannot be right; listening continues, but wrong times are shown and receivers "
        "of https:// refuse us until it is set: see `timedatectl` (without a battery clock, it comes from the network)"
    )
