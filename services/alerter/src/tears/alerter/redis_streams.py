"""What the alerter reads from Redis and writes to it. Everything raises redis-py's errors as they are."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import redis
from redis.exceptions import OutOfMemoryError, ResponseError

from tears.alerter.notices.outbox import Event
from tears.alerter.order.stream_position import StreamFacts
from tears.kit.registry.rooms import RoomRecord
from tears.kit.streams import names, scripts

logger = logging.getLogger(__name__)

# How long `tears:episodes` is, and how long an event is known to be in it.
MOST_EPISODES = 10_000
MARK_SECONDS = 86_400
MOST_DEAD = 1_000


class Memory(NamedTuple):
    """What Redis has taken for what it holds, and may take; 0 is no limit."""

    used_bytes: int
    limit_bytes: int


def redis_memory(client: redis.Redis) -> Memory:
    """Asked by the one service of which there is one a Redis."""
    info: Any = client.info("memory")
    return Memory(info["used_memory"], info["maxmemory"])


class DetectionStream:
    """`tears:detections`, read alone and in order."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def read(self, after: str, most: int, block_seconds: float) -> list[tuple[str, bytes]]:
        """(id, body) of the entries after `after`; waits for the first."""
        reply: Any = self._redis.xread(
            {names.DETECTIONS_STREAM: after}, count=most, block=max(1, int(block_seconds * 1000))
        )
        return [
            (entry_id.decode(), fields.get(names.BODY, b""))
            for _, entries in reply or []
            for entry_id, fields in entries
        ]

    def facts(self) -> StreamFacts:
        """What there is to know of the stream."""
        try:
            info: Any = self._redis.xinfo_stream(names.DETECTIONS_STREAM)
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            return StreamFacts()
        first = info["first-entry"]
        return StreamFacts(
            first_id=first[0].decode() if first else None,
            last_id=info["last-generated-id"].decode(),
            length=info["length"],
            entries_added=info["entries-added"],
        )

    def bury(self, entry_id: str, body: bytes, reason: str) -> None:
        """Keeps an unreadable entry where it can be looked at; a full Redis keeps it not, but holds nobody up."""
        fields: dict[Any, Any] = {names.BODY: body, "error": reason, "entry": entry_id, "consumer": "alerter"}
        try:
            self._redis.xadd(names.dead(names.DETECTIONS_STREAM), fields, maxlen=MOST_DEAD, approximate=True)
        except OutOfMemoryError:
            logger.exception("entry %s is dropped: there is no room for dead letters", entry_id)


class Bulletin:
    """`tears:episodes` and `tears:rooms`."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._add_once = client.register_script(scripts.ADD_ONCE)

    def publish(self, events: Sequence[Event]) -> None:
        """Adds each to `tears:episodes`, unless it has been added before."""
        for event in events:
            self._add_once(keys=[names.EPISODES_STREAM, event.mark], args=[event.body, MOST_EPISODES, MARK_SECONDS])

    def show(self, rooms: Mapping[str, RoomRecord]) -> None:
        """Writes the rooms."""
        if rooms:
            self._redis.hset(names.ROOMS_HASH, mapping={mic: room.encode() for mic, room in rooms.items()})
