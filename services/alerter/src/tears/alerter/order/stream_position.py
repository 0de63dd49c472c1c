"""The place in the stream, and whether the stream is still the one that it is a place in. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace

BEGINNING = "0-0"


@dataclass(frozen=True, slots=True)
class Place:
    """How far the stream has been read.

    Attributes:
        entry_id: the last entry that was read.
        entries_seen: how many entries were ever added up to that one. An id alone does not tell a stream from another
            under the same name: after a power cut a clock that was set back gives the same ids again.
    """

    entry_id: str = BEGINNING
    entries_seen: int = 0

    def after(self, entry_id: str, entries: int) -> Place:
        """The place behind so many more entries."""
        return Place(entry_id, self.entries_seen + entries)


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What Redis says of the stream; a stream that does not exist has no entries and never had."""

    first_id: str | None = None
    last_id: str = BEGINNING
    length: int = 0
    entries_added: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where to go on, whether the stream was lost (then that is its beginning), and how much was trimmed unread."""

    place: Place
    lost: bool = False
    trimmed_unread: int = 0


def check(place: Place, facts: StreamFacts) -> Verdict:
    """Compares the place with the stream.

    A stream that has been wiped, or has come back from an older snapshot, is read from its beginning: what is found
    there a second time is known by its session and index.
    """
    if facts.entries_added < place.entries_seen or order_of(facts.last_id) < order_of(place.entry_id):
        # What this stream lacks at its beginning may have been read in its earlier life: it is no loss that shows here.
        return Verdict(Place(BEGINNING, facts.entries_added - facts.length), lost=True)
    seen = place.entries_seen
    if order_of(facts.last_id) == order_of(place.entry_id):
        seen = facts.entries_added
    elif facts.first_id is None or order_of(facts.first_id) > order_of(place.entry_id):
        # Nothing behind the place is left but what there is: all before it is gone, read or not.
        seen = max(seen, facts.entries_added - facts.length)
    return Verdict(replace(place, entries_seen=seen), trimmed_unread=seen - place.entries_seen)


def order_of(entry_id: str) -> tuple[int, int]:
    """Ids compare by time, then by number."""
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)
