"""Entries of a stream and the order of their ids. No I/O."""

from dataclasses import dataclass
from typing import NamedTuple

# The position before the first entry of any stream.
BEGINNING = "0-0"


class StreamEntry(NamedTuple):
    """One entry as it was read; `body` is empty where the entry has no message."""

    stream: str
    entry_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """The facts that Redis has about a stream. The defaults describe a stream that does not exist.

    Attributes:
        first_id: The id of the oldest entry; None if there is none.
        last_id: The newest id that the stream has given, even if that entry is gone.
        length: How many entries it holds.
        entries_added: How many were ever added.
    """

    first_id: str | None = None
    last_id: str = BEGINNING
    length: int = 0
    entries_added: int = 0


def entry_order(entry_id: str) -> tuple[int, int]:
    """Return the time and the number of an id: ids are compared by them, in this order."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)
