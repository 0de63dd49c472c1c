"""Write the results of the alerter to Redis, and read its memory figures. Raises redis-py's errors as they are."""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import redis
from redis.exceptions import OutOfMemoryError, ResponseError

from tears.alerter.notices.outbox import EpisodeEvent, Outbox
from tears.kit.errors import MessageError
from tears.kit.messages import Episode
from tears.kit.registry.rooms import RoomRecord
from tears.kit.streams import names
from tears.kit.streams.lua_scripts import load_script

logger = logging.getLogger(__name__)

MOST_EPISODE_ENTRIES = 10_000
# How long Redis remembers that an event is in the stream.
MARK_SECONDS = 86_400
MOST_DEAD_DETECTIONS = 1_000
# More than a night of ten rooms has.
MOST_PAST_EPISODES = 2_000


def redis_memory(client: redis.Redis) -> tuple[float, float]:
    """Return the bytes that Redis uses for its data, and their limit; 0 means no limit, and NaN that it does not say.

    Only the alerter asks, because exactly one alerter runs per Redis.
    """
    info: Any = client.info("memory")
    return info.get("used_memory", math.nan), info.get("maxmemory", math.nan)


def bury_detection(client: redis.Redis, entry_id: str, body: bytes, reason: str) -> None:
    """Keep an unreadable entry where an operator can look at it. If Redis refuses that, drop it and continue.

    Redis refuses it if it is full, if the key holds another type, and if this user may not write it.
    """
    fields: dict[Any, Any] = {names.BODY: body, "error": reason, "entry": entry_id, "consumer": "alerter"}
    try:
        client.xadd(names.dead(names.DETECTIONS_STREAM), fields, maxlen=MOST_DEAD_DETECTIONS, approximate=True)
    except ResponseError as error:
        is_full = isinstance(error, OutOfMemoryError)
        why_not = "Redis has no room for dead letters" if is_full else f"{names.dead(names.DETECTIONS_STREAM)}: {error}"
        logger.error("entry %s is dropped: %s", entry_id, why_not)  # noqa: TRY400 - the text says it all


def published_episodes(client: redis.Redis) -> list[Episode]:
    """Return the last messages in `tears:episodes`, the oldest first, without those that cannot be read."""
    entries: Any = client.xrevrange(names.EPISODES_STREAM, count=MOST_PAST_EPISODES)
    found = []
    for _, fields in reversed(entries):
        try:
            found.append(Episode.decode(fields.get(names.BODY, b"")))
        except MessageError as error:
            logger.debug("an entry of %s cannot be read: %s", names.EPISODES_STREAM, error)
    return found


class EpisodeStream:
    """Writes `tears:episodes` and `tears:rooms`."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._add_once = load_script(client, "tears.alerter", "add_once")

    def publish(self, events: Sequence[EpisodeEvent]) -> None:
        """Add each event to `tears:episodes`, if it has not been added before."""
        for event in events:
            self._add_once(
                keys=[names.EPISODES_STREAM, event.mark], args=[event.body, MOST_EPISODE_ENTRIES, MARK_SECONDS]
            )

    def publish_waiting(self, outbox: Outbox, at_once: int) -> None:
        """Add all events that wait in the outbox, the oldest first, so many at once; raise sqlite3.Error as it does."""
        while events := outbox.oldest_events(at_once):
            self.publish([event for _, event in events])
            outbox.remove_events(row for row, _ in events)
            if len(events) < at_once:
                return

    def told_keys(self, marks: Mapping[str, str]) -> set[str]:
        """Return the keys of the notices whose marks say that the message about the same change was published."""
        if not marks:
            return set()
        found: Any = self._redis.mget(list(marks.values()))
        return {key for key, mark in zip(marks, found, strict=True) if mark is not None}

    def show_rooms(self, rooms: Mapping[str, RoomRecord]) -> None:
        """Write the rooms to `tears:rooms`."""
        if rooms:
            self._redis.hset(names.ROOMS_HASH, mapping={mic: room.encode() for mic, room in rooms.items()})
