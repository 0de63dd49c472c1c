"""Which recorded files go, and when a clock may say so. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from tears.kit.clock import Clock

# More than a clock is ever slewed by between two looks.
STEP_SECONDS = 60.0
# After a step, nothing is deleted by age before the clock has been steady for so long.
STEADY_SECONDS = 600.0
# A sweep goes a little below the bound, so that not every file is followed by one.
SLACK = 0.01


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was recorded. `path` is below the folder of all recordings, whose first part is the microphone."""

    path: PurePosixPath
    size_bytes: int
    written_at_seconds: float

    @property
    def mic(self) -> str:
        """Whose sound it holds."""
        return self.path.parts[0]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is kept; None is everything.

    Attributes:
        keep_seconds: age of the oldest file.
        keep_bytes: size of all files together.
    """

    keep_seconds: float | None = None
    keep_bytes: int | None = None


def expired(
    files: Iterable[StoredFile], limits: Limits, now_seconds: float | None, *, room_bytes: int = 0
) -> list[StoredFile]:
    """The files that go, oldest first.

    The newest file of each microphone stays: it says how far its recording has come.

    Args:
        files: all that are there, in any order.
        limits: what is kept.
        now_seconds: wall clock; None where it cannot be trusted: nothing goes by age then.
        room_bytes: what is about to be written.
    """
    by_age = sorted(files, key=lambda file: (file.written_at_seconds, file.path))
    newest = {file.mic: file for file in by_age}
    kept_bytes = sum(file.size_bytes for file in by_age) + room_bytes
    going = []
    if limits.keep_seconds is None or now_seconds is None:
        written_before = float("-inf")
    else:
        written_before = now_seconds - limits.keep_seconds
    most_bytes = _swept_to(limits, kept_bytes)
    for file in by_age:
        if file is not newest[file.mic] and (file.written_at_seconds < written_before or kept_bytes > most_bytes):
            going.append(file)
            kept_bytes -= file.size_bytes
    return going


def restamped(files: Collection[StoredFile], since_seconds: float, until_seconds: float) -> list[StoredFile]:
    """The files that were written while the clock was wrong, by that clock."""
    return [file for file in files if since_seconds - 1 <= file.written_at_seconds <= until_seconds + 1]


def _swept_to(limits: Limits, kept_bytes: int) -> float:
    if limits.keep_bytes is None or kept_bytes <= limits.keep_bytes:
        return float("inf")
    return limits.keep_bytes * (1 - SLACK)


class ClockWatch:
    """Sees the wall clock being stepped, as NTP does to a machine without a battery clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_seconds = clock.wall_seconds() - clock.monotonic_seconds()
        self._stepped_at_seconds = float("-inf")

    def step_seconds(self) -> float:
        """By how much the clock was stepped since the last look; 0 where it was only slewed."""
        ahead_seconds = self._clock.wall_seconds() - self._clock.monotonic_seconds()
        step_seconds = ahead_seconds - self._ahead_seconds
        self._ahead_seconds = ahead_seconds
        if abs(step_seconds) < STEP_SECONDS:
            return 0.0
        self._stepped_at_seconds = self._clock.monotonic_seconds()
        return step_seconds

    @property
    def is_steady(self) -> bool:
        """Whether the last step is long enough ago to believe the clock."""
        return self._clock.monotonic_seconds() - self._stepped_at_seconds >= STEADY_SECONDS
