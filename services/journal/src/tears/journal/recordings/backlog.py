"""Segments that wait for the disk. No I/O."""

from collections import deque

from tears.journal.recordings.segments import RecordedSegment

# 11 minutes of one microphone at 48 kHz, mono.
_BACKLOG_MOST_BYTES = 64 * 1024 * 1024


class Backlog:
    """A bounded queue: when it is full the oldest segments are dropped, never the newest."""

    def __init__(self, most_bytes: int = _BACKLOG_MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._segments: deque[RecordedSegment] = deque()
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._segments)

    def add(self, segment: RecordedSegment) -> list[RecordedSegment]:
        """Append a segment, and return those that had to be dropped for it."""
        self._segments.append(segment)
        self._bytes += len(segment.pcm)
        dropped = []
        while self._bytes > self._most_bytes and len(self._segments) > 1:
            dropped.append(self.pop())
        return dropped

    def oldest(self) -> RecordedSegment:
        """Return the oldest segment, which stays until `pop`. Raises IndexError if there is none."""
        return self._segments[0]

    def pop(self) -> RecordedSegment:
        """Take out the oldest segment. Raises IndexError if there is none."""
        segment = self._segments.popleft()
        self._bytes -= len(segment.pcm)
        return segment

    @property
    def seconds(self) -> float:
        """Length of the sound that waits."""
        return sum(segment.seconds for segment in self._segments)
