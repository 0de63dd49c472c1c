"""Read the sound of a stretch of time from a room's stream, beside the pipeline.

Raises redis-py's errors as they are. The stream may be trimmed meanwhile: what is there is read.
"""

from collections.abc import Iterator
from typing import Any

import redis

from tears.kit.errors import MessageError
from tears.kit.messages import AudioChunk
from tears.kit.streams import names
from tears.kit.streams.entries import BEGINNING
from tears.kit.streams.reader import read_entries

# 4 s of one microphone, 96 KB each at 48 kHz.
_PLACE_PAGE_ENTRIES = 4
# A stream that holds more than an hour after the wanted time is not searched further.
_MOST_PLACE_ENTRIES = 3_600


def place_before(client: redis.Redis, mic: str, at: float) -> str:
    """Return the id of an entry after which the chunk that holds this time comes; the beginning if none is before.

    The ids of entries do not help: a recorder that was cut off adds its chunks late, and other machines have other
    clocks. So the stream is read backwards, one page in memory at a time.
    """
    before = "+"
    for _ in range(_MOST_PLACE_ENTRIES // _PLACE_PAGE_ENTRIES):
        page: Any = client.xrevrange(names.chunks(mic), before, "-", count=_PLACE_PAGE_ENTRIES)
        for entry_id, fields in page:
            chunk = _decoded(fields.get(names.BODY, b""))
            if chunk is not None and chunk.samples and chunk.captured_at_seconds <= at:
                return str(entry_id.decode())
        if len(page) < _PLACE_PAGE_ENTRIES:
            return BEGINNING
        before = f"({page[-1][0].decode()}"
    return BEGINNING


def oldest_at(client: redis.Redis, mic: str) -> float:
    """Return the time from which on the stream holds sound; infinity if it holds none."""
    page: Any = client.xrange(names.chunks(mic), "-", "+", count=_PLACE_PAGE_ENTRIES)
    chunks = [chunk for _, fields in page if (chunk := _decoded(fields.get(names.BODY, b"")))]
    return min((one.captured_at_seconds - one.samples / one.sample_rate_hz for one in chunks), default=float("inf"))


class StreamSound:
    """The chunks of one room from a place on, page by page."""

    def __init__(self, client: redis.Redis, mic: str, after_id: str) -> None:
        """Read nothing yet."""
        self._redis = client
        self._stream = names.chunks(mic)
        self._after_id = after_id

    def read(self) -> list[AudioChunk] | None:
        """Return the next chunks, at most four; None if there are no more at present. Does not wait.

        A chunk that cannot be read is left out.
        """
        entries = read_entries(self._redis, {self._stream: self._after_id}, _PLACE_PAGE_ENTRIES)
        if not entries:
            return None
        self._after_id = entries[-1].entry_id
        return [chunk for entry in entries if (chunk := _decoded(entry.body))]

    def read_all(self) -> Iterator[AudioChunk]:
        """Yield all chunks that are there now."""
        while (page := self.read()) is not None:
            yield from page


def _decoded(body: bytes) -> AudioChunk | None:
    try:
        return AudioChunk.decode(body)
    except MessageError:
        return None
