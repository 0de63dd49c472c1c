"""The timeline of one room: how loud it was, what sounded like crying, when nobody listened, and the crying. No I/O."""

import time
from dataclasses import dataclass
from typing import Final

from tears.journal.history.records import KeptEpisode, NearMiss, RoomStretch
from tears.journal.web.drawing.curve import Columns, Stripe, columns_of

# Two minutes of a night each: finer than a phone shows, and some kilobytes a room.
NIGHT_COLUMNS: Final = 480
_BETWEEN_LINES_SECONDS: Final = 3_600
# An episode whose end has not come by then has an end that nobody heard of.
_LONGEST_GOING_ON_SECONDS: Final = 7_200.0
# More full hours than this make their names too narrow for a phone.
_MOST_HOURS: Final = 5


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """An episode or a near miss on the timeline."""

    place: Stripe
    sound: KeptEpisode | NearMiss
    is_crying: bool


@dataclass(frozen=True, slots=True)
class HourLine:
    """A full hour on the timeline, such as 22, in percent of the width."""

    left: float
    hour: int
    is_named_on_phones: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is drawn of one room from `from_at` to `to_at`, both seconds since 1970.

    Attributes:
        unheard: the times without sound, as far as they lie in the past.
        now: where the present is; None if it is not in this stretch.
    """

    from_at: float
    to_at: float
    columns: Columns
    unheard: tuple[Stripe, ...]
    marks: tuple[TimelineMark, ...]
    hours: tuple[HourLine, ...]
    now: float | None


def timeline_of(room: RoomStretch, from_at: float, to_at: float, now_at: float) -> Timeline:
    """Return the drawing of a room; `now_at` is the wall clock."""
    columns = columns_of(room.series, NIGHT_COLUMNS)
    now = 100 * (now_at - from_at) / (to_at - from_at)
    sounds = [(one, True) for one in room.episodes] + [(one, False) for one in room.near_misses]
    return Timeline(
        from_at=from_at,
        to_at=to_at,
        columns=columns,
        unheard=tuple(_past(columns.unheard, now)),
        marks=tuple(TimelineMark(_place(one, from_at, to_at, now_at), one, crying) for one, crying in sounds),
        hours=hour_lines(from_at, to_at),
        now=round(now, 2) if 0 <= now <= 100 else None,  # noqa: PLR2004 - percent
    )


def is_going_on(sound: KeptEpisode | NearMiss, now_at: float) -> bool:
    """Return whether an episode has begun and not ended; `now_at` is the wall clock."""
    return sound.ended_at is None and now_at - sound.began_at < _LONGEST_GOING_ON_SECONDS


def hour_lines(from_at: float, to_at: float) -> tuple[HourLine, ...]:
    """Return every second full hour of the local time between two moments, also when the clocks change."""
    found = []
    first = from_at - time.localtime(from_at).tm_min * 60 - time.localtime(from_at).tm_sec
    for k in range(int((to_at - first) // _BETWEEN_LINES_SECONDS) + 1):
        moment = first + k * _BETWEEN_LINES_SECONDS
        hour = time.localtime(moment).tm_hour
        if hour % 2 == 0 and moment >= from_at:
            found.append((round(100 * (moment - from_at) / (to_at - from_at), 2), hour))
    is_full = len(found) > _MOST_HOURS
    return tuple(HourLine(left, hour, not is_full or k % 2 == 0) for k, (left, hour) in enumerate(found))


def _past(stripes: tuple[Stripe, ...], now: float) -> list[Stripe]:
    """Return the stripes up to now: that nobody has listened to the future is no news."""
    return [Stripe(one.left, min(one.width, now - one.left)) for one in stripes if one.left < now]


def _place(sound: KeptEpisode | NearMiss, from_at: float, to_at: float, now_at: float) -> Stripe:
    """Return where a sound lies, cut to the drawing; of one whose end nobody heard, where it began."""
    ended_at = sound.ended_at
    if ended_at is None:
        ended_at = now_at if is_going_on(sound, now_at) else sound.began_at
    left, right = (
        100 * (min(max(at, from_at), to_at) - from_at) / (to_at - from_at) for at in (sound.began_at, ended_at)
    )
    return Stripe(round(left, 2), round(max(0.0, right - left), 2))
