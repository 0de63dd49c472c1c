"""Parse the times that parents note at night, and find the moments that they mean. Pure.

02:13 has no date and no zone: it means the night that was recorded, by the clocks of that place. +1:30 counts from a
recording's first sample.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tears.own_data.errors import MomentError

SECONDS_OF_DAY: Final = 86_400
# No baby cries for longer. If two times are swapped, the span is longer.
LONGEST_LABEL_HOURS: Final = 12
# No zone is further from UTC than 14 h, and clocks are changed by an hour or two.
_MOST_ZONE_SECONDS: Final = 17 * 3600

_CLOCK_PATTERN: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?\Z")
_OFFSET_PATTERN: Final = re.compile(r"\+(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)\Z")


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of the day, in seconds since midnight."""

    seconds: float

    def __str__(self) -> str:
        """Return the time as a clock shows it."""
        minutes, seconds = divmod(self.seconds, 60)
        return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}:{int(seconds):02d}"


@dataclass(frozen=True, slots=True)
class OffsetTime:
    """A time since the first sample of a recording."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds: since 1970, or since the start of a recording."""

    begin_seconds: float
    end_seconds: float

    @property
    def seconds(self) -> float:
        """Return the length."""
        return self.end_seconds - self.begin_seconds

    def within(self, other: "Span") -> "Span | None":
        """Return what both have in common; None if that is nothing."""
        begin = max(self.begin_seconds, other.begin_seconds)
        end = min(self.end_seconds, other.end_seconds)
        return Span(begin, end) if begin < end else None


def parse_time(text: str) -> ClockTime | OffsetTime:
    """Read 02:13, 02:13:30, +90, +1:30 or +1:02:03.5.

    Raises:
        MomentError: The text is not one of these.
    """
    for pattern, kind in ((_CLOCK_PATTERN, ClockTime), (_OFFSET_PATTERN, OffsetTime)):
        if found := pattern.match(text):
            hours, minutes, seconds = found.groups(default="0")
            return kind(int(hours) * 3600 + int(minutes) * 60 + float(seconds))
    raise MomentError(
        f"{text!r} is not a time: give one of the clock, as 02:13 or 02:13:30, or one since the recording's start, "
        "as +90 or +1:30"
    )


def seconds_apart(begin: ClockTime, end: ClockTime) -> float:
    """Return the seconds from one time of the clock to the next occurrence of another, which may be after midnight.

    Raises:
        MomentError: The times are equal, or more than 12 h apart.
    """
    apart = (end.seconds - begin.seconds) % SECONDS_OF_DAY
    if not 0 < apart <= LONGEST_LABEL_HOURS * 3600:
        raise MomentError(
            f"from {begin} to {end} it is {apart / 3600:.1f} h, and labels have at most {LONGEST_LABEL_HOURS} h; "
            "are --from and --to swapped?"
        )
    return apart


def night_span(
    begin: ClockTime, end: ClockTime, recorded: Sequence[Span], zone: dt.tzinfo | None, on: dt.date | None = None
) -> Span:
    """Return the span, since 1970, that two times of the clock mean: the one that was at least partly recorded.

    Args:
        begin: The time when it begins.
        end: The time when it ends; on the next day if it is earlier than `begin`.
        recorded: The spans of all recordings, since 1970.
        zone: The zone of the times; None for this machine's.
        on: The day on which it begins; None for the only one that was recorded.

    Raises:
        MomentError: Nothing, or more than one day, was recorded then, or the clocks changed then.
    """
    apart = seconds_apart(begin, end)
    days = [on] if on else sorted({day for span in recorded for day in _days(span, zone)})
    found: dict[dt.date, Span] = {}
    for day in days:
        # On days without recordings it does not matter whether the clocks changed.
        about = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp() + begin.seconds
        near = Span(about - _MOST_ZONE_SECONDS, about + apart + _MOST_ZONE_SECONDS)
        if not any(near.within(one) for one in recorded):
            continue
        end_day = day if end.seconds > begin.seconds else day + dt.timedelta(days=1)
        span = Span(_instant(day, begin, zone), _instant(end_day, end, zone))
        if any(span.within(one) for one in recorded):
            found[day] = span
    if not found:
        first = local_time(min(span.begin_seconds for span in recorded), zone)
        last = local_time(max(span.end_seconds for span in recorded), zone)
        raise MomentError(
            f"nothing was recorded from {begin} to {end}{f' on {on}' if on else ''}: the recordings are from "
            f"{first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} {first:%Z}; is the zone right (--timezone), and "
            "the clock of the machine?"
        )
    if len(found) > 1:
        listed = ", ".join(str(day) for day in found)
        raise MomentError(f"{begin} was recorded on {len(found)} days; say which with --on: {listed}")
    return next(iter(found.values()))


def local_time(seconds: float, zone: dt.tzinfo | None) -> dt.datetime:
    """Return a moment, in seconds since 1970, by the clocks of a zone; None is this machine's."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).astimezone(zone)


def _days(span: Span, zone: dt.tzinfo | None) -> Iterable[dt.date]:
    # A label may have begun on the day before the recording did.
    day = local_time(span.begin_seconds, zone).date() - dt.timedelta(days=1)
    last = local_time(span.end_seconds, zone).date()
    while day <= last:
        yield day
        day += dt.timedelta(days=1)


def _instant(day: dt.date, clock: ClockTime, zone: dt.tzinfo | None) -> float:
    naive = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=clock.seconds)
    # `timestamp` takes a time without a zone as one of this machine's.
    moments = {naive.replace(fold=fold, tzinfo=zone).timestamp() for fold in (0, 1)}
    real = [moment for moment in moments if local_time(moment, zone).replace(tzinfo=None, fold=0) == naive]
    if len(real) == 1:
        return real[0]
    what = "comes twice" if real else "does not exist"
    raise MomentError(
        f"{clock} {what} on {day}, when clocks are put {'back' if real else 'forward'}; give the times in UTC, with "
        "--timezone UTC"
    )
