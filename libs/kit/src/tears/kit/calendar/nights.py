"""Nights on the calendar: from 18:00 to 10:00 of the local time, also when the clocks change. No I/O."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Final, Self

EVENING_HOUR: Final = 18
MORNING_HOUR: Final = 10
ONE_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Night:
    """The night that begins in the evening of a day. It has 15 or 17 hours when the clocks change."""

    evening: dt.date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the night of an evening's date, such as 2026-11-29; raise ValueError."""
        return cls(dt.date.fromisoformat(text))

    def __str__(self) -> str:
        """Return the evening's date, such as 2026-11-29."""
        return self.evening.isoformat()

    @property
    def starts_seconds(self) -> float:
        """The wall clock at its start, seconds since 1970."""
        return local_seconds(self.evening, EVENING_HOUR)

    @property
    def ends_seconds(self) -> float:
        """The wall clock at its end, seconds since 1970."""
        return local_seconds(self.evening + ONE_DAY, MORNING_HOUR)

    def before(self, nights: int) -> "Night":
        """Return the night that was this many nights earlier."""
        return Night(self.evening - nights * ONE_DAY)


def local_seconds(day: dt.date, hour: int, minute: int = 0) -> float:
    """Return the seconds since 1970 at a local time. One that the clocks skip is as long after midnight as it says."""
    return time.mktime((day.year, day.month, day.day, hour, minute, 0, 0, 0, -1))


def night_at(wall_seconds: float) -> Night | None:
    """Return the night in which a moment lies; None in the daytime."""
    local = time.localtime(wall_seconds)
    day = dt.date(local.tm_year, local.tm_mon, local.tm_mday)
    if local.tm_hour >= EVENING_HOUR:
        return Night(day)
    return Night(day - ONE_DAY) if local.tm_hour < MORNING_HOUR else None


def last_night(wall_seconds: float) -> Night:
    """Return the night that goes on, or else the last one that is over."""
    return night_at(wall_seconds) or Night(dt.date.fromtimestamp(wall_seconds) - ONE_DAY)  # noqa: DTZ012 - local time
