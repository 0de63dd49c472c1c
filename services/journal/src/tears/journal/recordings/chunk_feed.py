"""The chunk streams, read beside the pipeline: no group, no acknowledgement, nothing is taken from anybody."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from tears.kit.clock import Clock
from tears.kit.errors import MessageError
from tears.kit.messages import AudioChunk
from tears.kit.streams import names

logger = logging.getLogger(__name__)

# How long a read waits for sound; bounds how late a stop is noticed.
BLOCK_SECONDS = 0.5
# 4 s of each microphone at a time.
PAGE_ENTRIES = 4
LOOK_UP_SECONDS = 1.0
# How often a stream that says nothing is asked whether it is still the same.
IDLE_CHECK_SECONDS = 3.0

BEGINNING = b"0-0"


@dataclass
class _Place:
    """Where we are in a stream."""

    entry_id: bytes
    moved_at_seconds: float


class ChunkFeed:
    """All chunks that are in the streams, then the new ones.

    Chunks come again after `begin_again`, and after a stream was wiped; who reads has to know what is new.
    """

    def __init__(self, client: redis.Redis, mics: Sequence[str], clock: Clock) -> None:
        """Asks nothing yet.

        Args:
            client: of Redis.
            mics: names of the microphones; none: all that are registered, also later.
            clock: for what is done every now and then.
        """
        self._redis = client
        self._wanted = list(mics)
        self._clock = clock
        self._looked_up_at_seconds = float("-inf")
        self._places: dict[str, _Place] = {}
        self.unreadable = 0

    @property
    def mics(self) -> list[str]:
        """Whom we follow."""
        return sorted(self._places)

    def begin_again(self) -> None:
        """Reads the streams from their beginning: what Redis gave as places may mean nothing any more."""
        for place in self._places.values():
            place.entry_id = BEGINNING

    def read(self) -> list[tuple[str, AudioChunk]]:
        """The next chunks with their microphones, in the order of each; waits half a second for them.

        Raises:
            redis.RedisError: as the client raises it.
        """
        self._look_up()
        now = self._clock.monotonic_seconds()
        if not self._places:
            return []
        streams: Any = {names.chunks(mic): place.entry_id for mic, place in self._places.items()}
        reply: Any = self._redis.xread(streams, count=PAGE_ENTRIES, block=int(BLOCK_SECONDS * 1_000))
        found = []
        for stream, entries in reply:
            mic = stream.decode().removeprefix(names.CHUNKS_PREFIX)
            self._places[mic] = _Place(entries[-1][0], now)
            for entry_id, fields in entries:
                try:
                    found.append((mic, AudioChunk.decode(fields.get(names.BODY, b""))))
                except MessageError as error:
                    self.unreadable += 1
                    logger.debug("passing over entry %s of %s: %s", entry_id.decode(), stream.decode(), error)
        self._check_idle()
        return found

    def _look_up(self) -> None:
        now = self._clock.monotonic_seconds()
        if now - self._looked_up_at_seconds < LOOK_UP_SECONDS:
            return
        mics = self._wanted
        if not mics:
            registered: Any = self._redis.hkeys(names.MICS)
            mics = [name.decode(errors="replace") for name in registered]
        for mic in mics:
            self._places.setdefault(mic, _Place(BEGINNING, now))
        self._looked_up_at_seconds = now

    def _check_idle(self) -> None:
        """Finds streams that were wiped and have begun again with smaller ids, as on a machine whose clock fell back.

        Redis counts ids up as long as it remembers a stream, whatever the clock does.
        """
        now = self._clock.monotonic_seconds()
        for mic, place in self._places.items():
            if place.entry_id == BEGINNING or now - place.moved_at_seconds < IDLE_CHECK_SECONDS:
                continue
            place.moved_at_seconds = now
            if _order(self._last_id(mic)) < _order(place.entry_id):
                place.entry_id = BEGINNING

    def _last_id(self, mic: str) -> bytes:
        """The last id that the stream has given, even if the entry is gone."""
        try:
            info: Any = self._redis.xinfo_stream(names.chunks(mic))
        except redis.ResponseError as error:
            if "no such key" not in str(error):
                raise
            return BEGINNING
        return bytes(info["last-generated-id"])


def _order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number)
