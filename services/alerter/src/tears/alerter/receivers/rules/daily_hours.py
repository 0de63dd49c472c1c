"""Hours of the day, as `22:00-07:00`, on the clock of the house. No I/O."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from tears.kit.clock import wall_clock_fault

_HOURS = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 24 * _MINUTES_PER_HOUR


@dataclass(frozen=True, slots=True)
class DailyHours:
    """A time of every day, in minutes since midnight; it goes over midnight if it ends before it begins."""

    begin_minute: int
    end_minute: int

    def __str__(self) -> str:
        """Return the hours as they are written."""
        return f"{clock_words(self.begin_minute)}-{clock_words(self.end_minute)}"

    def contains(self, minute: int) -> bool:
        """Return whether a minute of the day, 0 to 1439, lies within the hours; the end does not."""
        if self.begin_minute < self.end_minute:
            return self.begin_minute <= minute < self.end_minute
        return minute >= self.begin_minute or minute < self.end_minute


def clock_words(minute: int) -> str:
    """Return a minute of the day as 07:05."""
    return f"{minute // _MINUTES_PER_HOUR:02}:{minute % _MINUTES_PER_HOUR:02}"


def parse_hours(text: str) -> DailyHours:
    """Return the hours that a text such as `22:00-07:00` stands for; `00:00-24:00` is the whole day.

    Raises:
        ValueError: It is something else; the message says what is accepted.
    """
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} are no hours; write them as 22:00-07:00")
    begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
    begin = begin_hour * _MINUTES_PER_HOUR + begin_minute
    end = end_hour * _MINUTES_PER_HOUR + end_minute
    is_time = max(begin_minute, end_minute) < _MINUTES_PER_HOUR and begin < MINUTES_PER_DAY and end <= MINUTES_PER_DAY
    if not is_time or begin == end:
        raise ValueError(f"{text!r} are no hours; write two times of the day from 00:00 to 24:00, as 22:00-07:00")
    return DailyHours(begin, end)


def minute_of_day(wall_seconds: float) -> int | None:
    """Return the local minute since midnight, by the time zone of the process; None if the clock cannot be right.

    Where daylight saving begins or ends, a minute is left out or comes twice, as on the clock on the wall.
    """
    if wall_clock_fault(wall_seconds):
        return None
    local = time.localtime(wall_seconds)
    return local.tm_hour * _MINUTES_PER_HOUR + local.tm_min


def lies_within(wall_seconds: float, hours: Iterable[DailyHours], *, unknown: bool) -> bool:
    """Return whether it is one of these hours now; `unknown` if the clock cannot be right."""
    minute = minute_of_day(wall_seconds)
    return unknown if minute is None else any(one.contains(minute) for one in hours)
