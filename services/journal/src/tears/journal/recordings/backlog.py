"""Segments that wait for the disk. Pure."""

from __future__ import annotations

from collections import deque

from tears.journal.recordings.segments import Segment

# 11 minutes of one microphone at 48 kHz, mono.
MOST_BYTES = 64 * 1024 * 1024


class Backlog:
    """In order, and bounded: when it is full the oldest go, never the newest."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._segments: deque[Segment] = deque()
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._segments)

    def add(self, segment: Segment) -> list[Segment]:
        """Appends; returns what had to be dropped for it."""
        self._segments.append(segment)
        self._bytes += len(segment.pcm)
        dropped = []
        while self._bytes > self._most_bytes and len(self._segments) > 1:
            dropped.append(self.pop())
        return dropped

    def oldest(self) -> Segment:
        """The one whose turn it is; stays until `pop`. Raises IndexError when there is none."""
        return self._segments[0]

    def pop(self) -> Segment:
        """Takes the oldest out. Raises IndexError when there is none."""
        segment = self._segments.popleft()
        self._bytes -= len(segment.pcm)
        return segment

    @property
    def seconds(self) -> float:
        """Sound that waits."""
        return sum(segment.seconds for segment in self._segments)
