"""What is shown of the rooms, as values. No I/O."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRoom:
    """What is shown of one room.

    Attributes:
        is_listening: crying would be noticed. A room whose first score after our own start has not come yet is not
            listening: nobody knows what happens in it.
        has_problem: a parent was warned that crying could go unnoticed.
        mic_state: the state in the registry; empty while it is unknown.
        score: the last window's, from 0 to 1; None if it had none.
        open_episode_id: the episode that is open; empty if none is.
        is_acknowledged: somebody looks after that episode.
        is_snoozed: no alerts about crying are sent for now.
        snoozed_until_seconds: the wall clock until then; None if nobody has said how long.
    """

    mic: str
    is_listening: bool
    has_problem: bool
    mic_state: str
    score: float | None
    level_dbfs: float
    open_episode_id: str = ""
    is_acknowledged: bool = False
    is_snoozed: bool = False
    snoozed_until_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ShownHouse:
    """All rooms at a time of the monotonic clock."""

    rooms: tuple[ShownRoom, ...]
    at_seconds: float
