"""Times and durations as a parent reads them. No I/O."""

import time
from collections.abc import Sequence

# Times beyond this number are not listed one by one.
_MOST_LISTED_TIMES = 5
_MINUTES_PER_HOUR = 60
_MOST_SHOWN_HOURS = 48


def time_words(at_seconds: float, now_wall_seconds: float) -> str:
    """Return the time of day, with the date where that is not today."""
    try:
        at, now = time.localtime(at_seconds), time.localtime(now_wall_seconds)
    except (OverflowError, OSError, ValueError):
        return "an unknown time"
    is_today = (at.tm_year, at.tm_yday) == (now.tm_year, now.tm_yday)
    return time.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S", at)


def duration_words(seconds: float) -> str:
    """Return a duration, to the minute or, if it is days, to the day."""
    minutes = round(seconds / 60)
    hours, minutes_left = divmod(minutes, _MINUTES_PER_HOUR)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes_left} min" if hours < _MOST_SHOWN_HOURS else f"{hours // 24} days"


def listed_words(times: Sequence[str]) -> str:
    """Return a list of times, or their number and bounds if they are many."""
    if len(times) == 1:
        return times[0]
    if len(times) > _MOST_LISTED_TIMES:
        return f"{len(times)} times between {times[0]} and {times[-1]}"
    return f"{', '.join(times[:-1])} and {times[-1]}"
