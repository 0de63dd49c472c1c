"""What the API takes and gives of the history."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from tears.journal.history.records import (
    HOLE,
    LEAST_LEVEL_DBFS,
    KeptEpisode,
    NearMiss,
    NightSeries,
    RoomStretch,
    Verdict,
)
from tears.journal.web.errors import WebError

_DAY_SECONDS = 86_400.0
# The range of one question: a year and a month, and a day second by second.
MOST_ASKED_DAYS = 400
MOST_ASKED_SECONDS = _DAY_SECONDS
_FIRST_DAY, _LAST_DAY = dt.date(2000, 1, 1), dt.date(2099, 12, 31)

Moment = Annotated[float, Meta(ge=0, lt=1e11, description="Seconds since 1970, UTC.")]


class AskedTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of time, and a room; all rooms without one."""

    from_at: Moment
    to_at: Moment
    room: str | None = None

    def check(self, most_seconds: float = MOST_ASKED_DAYS * _DAY_SECONDS) -> "AskedTime":
        """Return the stretch; raise WebError if it ends before it begins, or is too long."""
        if not 0 <= self.to_at - self.from_at <= most_seconds:
            raise WebError(
                "Ask for a time from from_at to to_at of {hours} hours at most.", hours=round(most_seconds / 3_600)
            )
        return self


class AskedDays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days, or the evenings of nights, with the first and the last one."""

    first: dt.date
    last: dt.date

    def check(self) -> "AskedDays":
        """Return the days; raise WebError if the last is before the first, or if there are too many."""
        # The operating system's calendar knows the hours of these years on every machine.
        in_reach = self.first >= _FIRST_DAY and self.last <= _LAST_DAY
        if not in_reach or not 0 <= (self.last - self.first).days < MOST_ASKED_DAYS:
            raise WebError("Ask for {days} days at most, from first to last.", days=MOST_ASKED_DAYS)
        return self


class GivenVerdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sound was."""

    verdict: Verdict


class GivenStar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an episode stays, whatever its age."""

    starred: bool


class GivenMark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of a room's sound that was missed, and what it was."""

    room: str
    from_at: Moment
    to_at: Moment
    verdict: Verdict = Verdict.CRYING


class SharedLink(msgspec.Struct, frozen=True):
    """A link by which anybody hears a sound until `ends_at`."""

    url: str
    ends_at: float


class SeriesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A room second by second.

    Attributes:
        from_at: the time of the first second.
        scores: how much each second sounds like crying, 0 to 100; null where nothing was heard.
        levels_dbfs: the level of each second; null where nothing was heard.
    """

    room: str
    from_at: float
    scores: list[int | None]
    levels_dbfs: list[int | None]


class RoomAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a room in a night or a day."""

    room: str
    room_name: str
    crying_seconds: float
    heard_seconds: float
    episodes: tuple[KeptEpisode, ...]
    near_misses: tuple[NearMiss, ...]


class StretchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A night or a day, with all rooms of which something is known."""

    from_at: float
    to_at: float
    rooms: list[RoomAnswer]


def series_answer(series: NightSeries) -> SeriesAnswer:
    """Return a series with null in place of holes."""
    return SeriesAnswer(
        room=series.mic,
        from_at=series.from_at,
        scores=[None if one == HOLE else one for one in series.seconds.tolist()],
        levels_dbfs=[None if one == HOLE else one + LEAST_LEVEL_DBFS for one in series.levels.tolist()],
    )


def room_answer(room: RoomStretch) -> RoomAnswer:
    """Return a room without its seconds, which are a call of their own."""
    return RoomAnswer(
        room=room.mic,
        room_name=room.room_name,
        crying_seconds=room.crying_seconds,
        heard_seconds=room.heard_seconds,
        episodes=room.episodes,
        near_misses=room.near_misses,
    )
