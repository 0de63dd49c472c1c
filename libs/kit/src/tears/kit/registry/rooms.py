"""What the alerter makes of each microphone now: `tears:rooms`, a hash of mic -> JSON, for views and dashboards."""

from __future__ import annotations

import enum
import logging
from typing import Any

import msgspec
import redis

from tears.kit.streams import names

logger = logging.getLogger(__name__)


class RoomState(enum.Enum):
    """What a parent would say of a room."""

    QUIET = "quiet"
    CRYING = "crying"
    # No detection for too long: whatever happens there, nobody hears it.
    DEAF = "deaf"
    # The recorder is through, and nothing more is expected; for whether all that it heard is judged see `has_ended`.
    ENDED = "ended"


class RoomRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The last word on a microphone; scores and levels are of the last window."""

    mic: str
    state: RoomState
    session: str
    windows: int
    tombstones: int
    cry_score: float | None
    level_dbfs: float
    heard_until_seconds: float
    episodes: int

    def has_ended(self, session: str) -> bool:
        """Whether all windows of this session, and its end, have been judged.

        The state alone does not tell: while nothing of a session has come yet, a room is as the session before left it,
        or ENDED by the word of the registry, which does not know of windows that are still under way.
        """
        return self.state is RoomState.ENDED and self.session == session

    def encode(self) -> bytes:
        """JSON."""
        return msgspec.json.encode(self)


def read_rooms(client: redis.Redis) -> dict[str, RoomRecord]:
    """The rooms by microphone; one that cannot be read is logged and left out.

    Raises:
        redis.RedisError: as the client raises it.
    """
    rooms = {}
    found: Any = client.hgetall(names.ROOMS_HASH)
    for name, body in found.items():
        try:
            rooms[name.decode()] = msgspec.json.decode(body, type=RoomRecord)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("room %r in %s cannot be read: %s", name, names.ROOMS_HASH, error)
    return rooms
