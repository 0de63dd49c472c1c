"""Read streams from a position on, beside the pipeline's consumer groups, which still get every entry.

Everything here raises redis-py's errors as they are. A stream that does not exist is no error: it has no entries.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

import redis
from redis.exceptions import NoPermissionError

from tears.kit.redis_client import is_stream_missing
from tears.kit.streams.entries import BEGINNING, StreamEntry, StreamFacts, entry_order
from tears.kit.streams.names import BODY


def read_entries(
    client: redis.Redis, positions: Mapping[str, str], page_entries: int, block_seconds: float | None = None
) -> list[StreamEntry]:
    """Return the next entries of each stream in order, at most `page_entries` of each.

    `positions` has, by stream, the id of the last entry that has been read. Wait at most `block_seconds` for the first
    new one; None does not wait.
    """
    block = None if block_seconds is None else max(1, int(block_seconds * 1000))
    after: Any = dict(positions)  # redis-py's type for it is invariant
    reply: Any = client.xread(after, count=page_entries, block=block)
    return [
        StreamEntry(stream.decode(), entry_id.decode(), fields.get(BODY, b""))
        for stream, entries in reply or ()
        for entry_id, fields in entries
    ]


def stream_facts(client: redis.Redis, stream: str) -> StreamFacts:
    """Return what Redis knows about a stream."""
    try:
        info: Any = client.xinfo_stream(stream)
    except redis.ResponseError as error:
        if not is_stream_missing(error):
            raise
        return StreamFacts()
    first = info["first-entry"]
    return StreamFacts(
        first_id=first[0].decode() if first else None,
        last_id=info["last-generated-id"].decode(),
        length=info["length"],
        entries_added=info["entries-added"],
    )


class StreamReader:
    """Reads streams page by page and remembers the positions.

    Entries come again after `restart`, and after a stream was wiped; the caller has to know which are new. After an
    error no position has moved.
    """

    def __init__(self, client: redis.Redis, page_entries: int) -> None:
        self._redis = client
        self._page_entries = page_entries
        self._positions: dict[str, str] = {}

    @property
    def streams(self) -> list[str]:
        """The streams that are read."""
        return list(self._positions)

    def follow(self, stream: str, after: str | None = None) -> None:
        """Read this stream too, after an entry or from its beginning; one that is followed keeps its position."""
        self._positions.setdefault(stream, after or BEGINNING)

    def read(self, block_seconds: float | None = None) -> list[StreamEntry]:
        """Return the next entries of all streams, as `read_entries` does; nothing if no stream is followed."""
        if not self._positions:
            return []
        found = read_entries(self._redis, self._positions, self._page_entries, block_seconds)
        self._positions.update((entry.stream, entry.entry_id) for entry in found)
        return found

    def restart(self) -> None:
        """Read all streams from their beginning: after an outage of Redis, the positions may be meaningless."""
        self._positions = dict.fromkeys(self._positions, BEGINNING)

    def restart_wiped(self) -> None:
        """Read a stream from its beginning if its newest id is smaller than the position: it was wiped.

        Redis only counts ids up while it remembers a stream, whatever the clock does. A stream that was wiped begins
        again with smaller ids if the machine's clock was set back. A user who may not ask that reads on.
        """
        for stream, position in self._positions.items():
            if position == BEGINNING:
                continue
            with contextlib.suppress(NoPermissionError):
                if entry_order(stream_facts(self._redis, stream).last_id) < entry_order(position):
                    self._positions[stream] = BEGINNING
