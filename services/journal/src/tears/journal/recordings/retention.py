"""Decide which recorded files are deleted, and whether the clock can be trusted to decide by age. No I/O."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from tears.kit.clock import Clock

# More than NTP ever corrects by slewing between two looks.
_STEP_SECONDS = 60.0
# After a step, nothing is deleted by age before the clock has been steady for this long.
_STEADY_SECONDS = 600.0
# A sweep deletes a little more than it must, so that not every new file needs one.
_SLACK = 0.01


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file in the folder. `path` is below the folder of all recordings, and its first part is the microphone."""

    path: PurePosixPath
    size_bytes: int
    written_at_seconds: float

    @property
    def mic(self) -> str:
        """The microphone whose sound it holds."""
        return self.path.parts[0]


@dataclass(frozen=True, kw_only=True)
class RetentionLimits:
    """The age of the oldest file, and the size of all files together; None means no limit."""

    keep_seconds: float | None = None
    keep_bytes: int | None = None


def expired(
    files: Iterable[KeptFile], limits: RetentionLimits, now_seconds: float | None, *, room_bytes: int = 0
) -> list[KeptFile]:
    """Return the files to delete, oldest first, so that there is room for `room_bytes` more.

    The newest file of each microphone stays, because it shows how far its recording has come. `now_seconds` is the wall
    clock; None if it cannot be trusted: then nothing is deleted by age.
    """
    by_age = sorted(files, key=lambda file: (file.written_at_seconds, file.path))
    newest = {file.mic: file for file in by_age}
    kept_bytes = sum(file.size_bytes for file in by_age) + room_bytes
    doomed = []
    written_before, most_bytes = float("-inf"), float("inf")
    if limits.keep_seconds is not None and now_seconds is not None:
        written_before = now_seconds - limits.keep_seconds
    if limits.keep_bytes is not None and kept_bytes > limits.keep_bytes:
        most_bytes = limits.keep_bytes * (1 - _SLACK)
    for file in by_age:
        if file is not newest[file.mic] and (file.written_at_seconds < written_before or kept_bytes > most_bytes):
            doomed.append(file)
            kept_bytes -= file.size_bytes
    return doomed


def restamped(files: Collection[KeptFile], since_seconds: float, until_seconds: float) -> list[KeptFile]:
    """Return the files that a wrong clock dated between these two of its times."""
    return [file for file in files if since_seconds - 1 <= file.written_at_seconds <= until_seconds + 1]


class ClockWatch:
    """Notices when the wall clock is stepped, as NTP does to a machine without a battery clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_seconds = clock.wall_seconds() - clock.monotonic_seconds()
        self._stepped_at_seconds = float("-inf")

    def step_seconds(self) -> float:
        """Return by how much the clock was stepped since the last call; 0 if it was only slewed."""
        ahead_seconds = self._clock.wall_seconds() - self._clock.monotonic_seconds()
        step_seconds = ahead_seconds - self._ahead_seconds
        self._ahead_seconds = ahead_seconds
        if abs(step_seconds) < _STEP_SECONDS:
            return 0.0
        self._stepped_at_seconds = self._clock.monotonic_seconds()
        return step_seconds

    @property
    def is_steady(self) -> bool:
        """Whether the last step was long enough ago to trust the clock."""
        return self._clock.monotonic_seconds() - self._stepped_at_seconds >= _STEADY_SECONDS
