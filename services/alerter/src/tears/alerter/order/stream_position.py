"""The position in the stream, and the check that the stream is still the one it belongs to. No I/O."""

from dataclasses import dataclass, replace

from tears.kit.streams.entries import BEGINNING, StreamFacts, entry_order


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """The position up to which the stream has been read.

    Attributes:
        entry_id: the last entry that was read.
        entries_seen: how many entries had ever been added up to that one. The id alone cannot identify a stream: after
            a power cut, if the clock is set back, a new stream may give the same ids again.
    """

    entry_id: str = BEGINNING
    entries_seen: int = 0

    def after(self, entry_id: str) -> "StreamPosition":
        """Return the position after the next entry."""
        return StreamPosition(entry_id, self.entries_seen + 1)


@dataclass(frozen=True, slots=True)
class PositionCheck:
    """The result of comparing a position with its stream.

    Attributes:
        position: where to continue reading.
        is_stream_lost: whether the stream was wiped or restored from an older copy; `position` is then its beginning.
        trimmed_unread: how many entries were trimmed before they were read.
    """

    position: StreamPosition
    is_stream_lost: bool = False
    trimmed_unread: int = 0


def check_position(position: StreamPosition, facts: StreamFacts) -> PositionCheck:
    """Compare the position with the stream.

    A stream that was wiped, or restored from an older copy, is read from its beginning. Detections that are found there
    for the second time are recognised by their session and index.
    """
    seen, first_left = position.entries_seen, facts.entries_added - facts.length
    last, read = entry_order(facts.last_id), entry_order(position.entry_id)
    if facts.entries_added < seen or last < read:
        # Entries that the stream lacks at its beginning may have been read before it was lost, so they do not count.
        return PositionCheck(StreamPosition(BEGINNING, first_left), is_stream_lost=True)
    if last == read:
        seen = facts.entries_added
    elif facts.first_id is None or entry_order(facts.first_id) > read:
        # Everything before the first entry that is left has been trimmed, read or not.
        seen = max(seen, first_left)
    return PositionCheck(replace(position, entries_seen=seen), trimmed_unread=seen - position.entries_seen)
