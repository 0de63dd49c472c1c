"""Read detections, episodes and notices from where the history has them, each stream for itself."""

import logging
from collections.abc import Mapping
from typing import Final

import redis

from tears.kit.clock import Clock
from tears.kit.health import Health
from tears.kit.redis_client import is_passing, why
from tears.kit.streams import names
from tears.kit.streams.entries import StreamEntry
from tears.kit.streams.reader import StreamReader

logger = logging.getLogger(__name__)

# Episodes first: then it is known of a window whether it belongs to one.
EVENT_STREAMS: Final = (names.EPISODES_STREAM, names.NOTICES_STREAM, names.DETECTIONS_STREAM)
MOST_EVENTS_AT_ONCE: Final = 256
# How often the streams are checked for having been wiped.
_WIPED_LOOK_SECONDS: Final = 3.0
# A stream that Redis refuses is asked for again after this time.
_REFUSED_SECONDS: Final = 30.0


class EventStreams:
    """Reads entries in their order.

    A stream that is refused, because its key holds another type or this user may not read it, is left out for a while,
    and the others are read.
    """

    def __init__(self, client: redis.Redis, places: Mapping[str, str], clock: Clock, health: Health) -> None:
        """Ask nothing yet; `places` has the last entry that is in the history, by stream."""
        self._clock = clock
        self._health = health
        self._readers = {stream: StreamReader(client, MOST_EVENTS_AT_ONCE) for stream in EVENT_STREAMS}
        for stream, reader in self._readers.items():
            reader.follow(stream, places.get(stream))
        self._refused_until_seconds: dict[str, float] = {}
        self._checked_at_seconds = clock.monotonic_seconds()

    def read(self) -> list[StreamEntry]:
        """Return the next entries of all streams, without waiting. Raises redis-py's errors if Redis is away."""
        now = self._clock.monotonic_seconds()
        is_time_to_check = now - self._checked_at_seconds >= _WIPED_LOOK_SECONDS
        if is_time_to_check:
            self._checked_at_seconds = now
        found: list[StreamEntry] = []
        for stream, reader in self._readers.items():
            if now < self._refused_until_seconds.get(stream, now):
                continue
            try:
                if is_time_to_check:
                    reader.restart_wiped()
                found += reader.read()
            except redis.ResponseError as error:
                if is_passing(error):
                    raise
                self._note_refusal(stream, error, now)
                continue
            if self._refused_until_seconds.pop(stream, None) is not None:
                logger.info("%s can be read again", stream)
                self._health.answered(stream)
        return found

    def _note_refusal(self, stream: str, error: redis.ResponseError, now: float) -> None:
        if stream not in self._refused_until_seconds:
            logger.warning("%s cannot be read (%s); the history goes on without it", stream, why(error))
        self._health.failed(stream, why(error))
        self._refused_until_seconds[stream] = now + _REFUSED_SECONDS
