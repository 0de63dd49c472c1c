"""Times as a parent notes them at night, and the moments that they mean. Pure.

02:13 has no date and no zone: it means the night that was recorded, by the clocks of that place. +1:30 counts from a
recording's first sample.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tears.own_data.errors import MomentError

DAY_SECONDS: Final = 86_400
# Longer than a baby cries, shorter than what becomes of two times that were swapped.
LONGEST_HOURS: Final = 12
# No zone is further from UTC; and clocks are put by an hour or two.
_MOST_ZONE_SECONDS: Final = 17 * 3600

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?\Z")
_OFFSET: Final = re.compile(r"\+(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)\Z")


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of the day, in seconds since midnight."""

    seconds: float

    def __str__(self) -> str:
        """As clocks show it."""
        minutes, seconds = divmod(self.seconds, 60)
        return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}:{int(seconds):02d}"


@dataclass(frozen=True, slots=True)
class Offset:
    """A time since the first sample of a recording."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds: since 1970, or since the start of a recording."""

    begin_seconds: float
    end_seconds: float

    def within(self, other: "Span") -> "Span | None":
        """What both have in common, if anything."""
        begin = max(self.begin_seconds, other.begin_seconds)
        end = min(self.end_seconds, other.end_seconds)
        return Span(begin, end) if begin < end else None


def parse_moment(text: str) -> ClockTime | Offset:
    """Reads 02:13, 02:13:30, +90, +1:30 or +1:02:03.5.

    Raises:
        MomentError: It is none of these.
    """
    found = _CLOCK.match(text)
    if found:
        hours, minutes, seconds = found.groups(default="0")
        return ClockTime(int(hours) * 3600 + int(minutes) * 60 + float(seconds))
    found = _OFFSET.match(text)
    if found:
        hours, minutes, seconds = found.groups(default="0")
        return Offset(int(hours) * 3600 + int(minutes) * 60 + float(seconds))
    raise MomentError(
        f"{text!r} is no time: give one of the clock, as 02:13 or 02:13:30, or one since the recording's start, "
        "as +90 or +1:30"
    )


def seconds_apart(begin: ClockTime, end: ClockTime) -> float:
    """How long it is from one time of the clock to the next other one, over midnight if need be.

    Raises:
        MomentError: Longer than 12 h, or no time at all.
    """
    apart = (end.seconds - begin.seconds) % DAY_SECONDS
    if not 0 < apart <= LONGEST_HOURS * 3600:
        raise MomentError(
            f"from {begin} to {end} are {apart / 3600:.1f} h: labels have at most {LONGEST_HOURS} h; "
            "are --from and --to swapped?"
        )
    return apart


def night_span(
    begin: ClockTime, end: ClockTime, recorded: Sequence[Span], zone: dt.tzinfo | None, on: dt.date | None = None
) -> Span:
    """The stretch of time that two times of the clock mean: the one of which something was recorded.

    Args:
        begin: Its begin.
        end: Its end; after midnight if it is earlier.
        recorded: What there are recordings of, since 1970.
        zone: Whose clocks; None: this machine's.
        on: The day of its begin; None: the only one that fits.

    Returns:
        Since 1970.

    Raises:
        MomentError: Nothing was recorded then, or on more than one day, or clocks were put forward or back then.
    """
    apart = seconds_apart(begin, end)
    days = [on] if on else sorted({day for span in recorded for day in _days(span, zone)})
    found: dict[dt.date, Span] = {}
    for day in days:
        # What clocks do on days without recordings does not matter.
        about = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp() + begin.seconds
        near = Span(about - _MOST_ZONE_SECONDS, about + apart + _MOST_ZONE_SECONDS)
        if not any(near.within(one) for one in recorded):
            continue
        span = Span(_instant(day, begin, zone), _instant(_end_day(day, begin, end), end, zone))
        if any(span.within(one) for one in recorded):
            found[day] = span
    if not found:
        raise MomentError(
            f"nothing was recorded from {begin} to {end}{f' on {on}' if on else ''}: "
            f"{_what_was(recorded, zone)}; is the zone right (--timezone), and the clock of the machine?"
        )
    if len(found) > 1:
        listed = ", ".join(str(day) for day in found)
        raise MomentError(f"{begin} was recorded on {len(found)} days; say which with --on: {listed}")
    return next(iter(found.values()))


def local_time(seconds: float, zone: dt.tzinfo | None) -> dt.datetime:
    """A moment since 1970 by the clocks of a zone; None: this machine's."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).astimezone(zone)


def _end_day(day: dt.date, begin: ClockTime, end: ClockTime) -> dt.date:
    return day if end.seconds > begin.seconds else day + dt.timedelta(days=1)


def _days(span: Span, zone: dt.tzinfo | None) -> Iterable[dt.date]:
    # A label may have begun on the day before the recording did.
    day = local_time(span.begin_seconds, zone).date() - dt.timedelta(days=1)
    last = local_time(span.end_seconds, zone).date()
    while day <= last:
        yield day
        day += dt.timedelta(days=1)


def _instant(day: dt.date, clock: ClockTime, zone: dt.tzinfo | None) -> float:
    naive = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=clock.seconds)
    moments = {_timestamp(naive.replace(fold=fold), zone) for fold in (0, 1)}
    real = [moment for moment in moments if local_time(moment, zone).replace(tzinfo=None, fold=0) == naive]
    if len(real) == 1:
        return real[0]
    what = "comes twice" if real else "does not exist"
    raise MomentError(
        f"{clock} {what} on {day}, when clocks are put {'back' if real else 'forward'}; give the times in UTC, with "
        "--timezone UTC"
    )


def _timestamp(naive: dt.datetime, zone: dt.tzinfo | None) -> float:
    # Without a zone, this machine's is meant.
    return (naive.replace(tzinfo=zone) if zone else naive).timestamp()


def _what_was(recorded: Sequence[Span], zone: dt.tzinfo | None) -> str:
    first = local_time(min(span.begin_seconds for span in recorded), zone)
    last = local_time(max(span.end_seconds for span in recorded), zone)
    return f"the recordings are from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} {first:%Z}"
