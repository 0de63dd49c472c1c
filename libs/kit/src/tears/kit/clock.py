"""Time as a value that is handed in, so that tests own it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

# What reads these lines is younger, and will not be run for so long.
WRITTEN_AT_SECONDS = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
OUTLIVED_AT_SECONDS = datetime(2056, 1, 1, tzinfo=UTC).timestamp()


class Clock(Protocol):
    """Wall time for display and lag, monotonic time for decisions."""

    def wall_seconds(self) -> float:
        """Seconds since the Unix epoch; may jump either way."""

    def monotonic_seconds(self) -> float:
        """Seconds since an arbitrary start; never goes back."""

    def wait(self, event: threading.Event, timeout_seconds: float) -> bool:
        """Blocks until `event` is set or the time is over; returns whether it is set."""


class SystemClock:
    """The machine's clocks."""

    def wall_seconds(self) -> float:
        """See `Clock`."""
        return time.time()

    def monotonic_seconds(self) -> float:
        """See `Clock`."""
        return time.monotonic()

    def wait(self, event: threading.Event, timeout_seconds: float) -> bool:
        """See `Clock`."""
        return event.wait(timeout_seconds)


class ManualClock:
    """A clock that moves only when told to; the fake beside `SystemClock`.

    A wait moves it: whoever waits is taken to have waited the whole time, at once.
    """

    def __init__(self, wall_seconds: float = 1_700_000_000.0, monotonic_seconds: float = 0.0) -> None:
        self._wall_seconds = wall_seconds
        self._monotonic_seconds = monotonic_seconds
        self._lock = threading.Lock()

    def wall_seconds(self) -> float:
        """See `Clock`."""
        return self._wall_seconds

    def monotonic_seconds(self) -> float:
        """See `Clock`."""
        return self._monotonic_seconds

    def wait(self, event: threading.Event, timeout_seconds: float) -> bool:
        """See `Clock`; returns at once."""
        if not event.is_set():
            self.advance(timeout_seconds)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Moves both clocks forward."""
        with self._lock:
            self._wall_seconds += seconds
            self._monotonic_seconds += seconds

    def step_wall(self, seconds: float) -> None:
        """Moves the wall clock alone, as NTP does to a machine without a battery clock."""
        with self._lock:
            self._wall_seconds += seconds


def wall_clock_fault(wall_seconds: float) -> str:
    """Why a wall clock cannot be right, and what comes of it; empty if it may be.

    A machine without a battery clock begins in 1970, or where it was switched off.
    """
    if WRITTEN_AT_SECONDS <= wall_seconds < OUTLIVED_AT_SECONDS:
        return ""
    shown = time.strftime("%Y-%m-%d", time.gmtime(wall_seconds))
    return (
        f"the clock says {shown}, which cannot be; listening goes on, but times are shown wrong and receivers of "
        "https:// are refused until it is set: see `timedatectl` (without a battery clock, it comes from the network)"
    )
