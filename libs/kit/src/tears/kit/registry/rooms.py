"""The state of each room, written by the alerter for views and dashboards: `tears:rooms`, a hash of mic -> JSON."""

import enum

import msgspec
import redis

from tears.kit.registry.mics import read_records
from tears.kit.streams import names


class RoomState(enum.Enum):
    """The state of a room, in a parent's words."""

    QUIET = "quiet"
    CRYING = "crying"
    # There was no detection for too long, so crying would go unnoticed.
    DEAF = "deaf"
    # The recorder has finished, and nothing more is expected; `has_ended` says whether everything was judged.
    ENDED = "ended"


class RoomRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one room; score and level are those of the last window.

    Attributes:
        snoozed_until_seconds: the wall clock, for display, until which its crying is not told; 0 if it is not snoozed.
        is_held: its crying is not told until it has been quiet for a while.
        is_acknowledged: somebody looks after the open episode.
        is_overloaded: windows of the last seconds were given up, because there was too much to do.
        open_threshold: the score from which a window is crying while no episode is open; 0 if it is not known.
    """

    mic: str
    state: RoomState
    session: str
    windows: int
    tombstones: int
    cry_score: float | None
    level_dbfs: float
    heard_until_seconds: float
    episodes: int
    snoozed_until_seconds: float = 0.0
    is_held: bool = False
    is_acknowledged: bool = False
    open_threshold: float = 0.0
    is_overloaded: bool = False

    def has_ended(self, session: str) -> bool:
        """Return whether all windows of this session, and its end, have been judged.

        The state alone does not show that. Before anything of a session has come, the room still has the state that the
        session before left; or it is ENDED because the registry says so. But the registry does not know which windows
        are still under way.
        """
        return self.state is RoomState.ENDED and self.session == session

    def encode(self) -> bytes:
        """Return the record as JSON."""
        return msgspec.json.encode(self)


def read_rooms(client: redis.Redis) -> dict[str, RoomRecord]:
    """Return the rooms by microphone, as `read_records` does."""
    return read_records(client, names.ROOMS_HASH, RoomRecord)
