"""The words in the picture of a night. No I/O."""

import datetime as dt
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tears.alerter.nights.report import RoomNight


@dataclass(frozen=True, slots=True)
class PictureWords:
    """One language's words. Those with braces are filled in by the functions below."""

    title: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    no_crying: str
    once: str
    times: str
    minutes: str
    hours: str
    longest_quiet: str
    nobody_listened: str
    usual: str
    crying: str
    like_crying: str
    loudness: str
    nothing: str


_ENGLISH: Final = PictureWords(
    title="Night of {weekday} {day} {month}",
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    no_crying="no crying",
    once="cried once",
    times="cried {count} times",
    minutes="{minutes} min",
    hours="{hours} h {minutes:02d}",
    longest_quiet="longest quiet {length}",
    nobody_listened="nobody listened",
    usual="week: {count}, {length}",
    crying="crying",
    like_crying="like crying",
    loudness="loudness",
    nothing="Nothing was heard in this night.",
)
_GERMAN: Final = PictureWords(
    title="Nacht vom {weekday} {day}. {month}",
    months=("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"),
    weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    no_crying="kein Weinen",
    once="einmal geweint",
    times="{count}-mal geweint",
    minutes="{minutes} min",
    hours="{hours} h {minutes:02d}",
    longest_quiet="längste Ruhe {length}",
    nobody_listened="niemand hörte zu",
    usual="Woche: {count}, {length}",
    crying="Weinen",
    like_crying="wie Weinen",
    loudness="Lautstärke",
    nothing="In dieser Nacht wurde nichts gehört.",
)
PICTURE_WORDS: Final = MappingProxyType({"en": _ENGLISH, "de": _GERMAN})


def title_of(words: PictureWords, evening: dt.date) -> str:
    """Return the title: the day on whose evening the night begins."""
    return words.title.format(
        weekday=words.weekdays[evening.weekday()], day=evening.day, month=words.months[evening.month - 1]
    )


def length_of(words: PictureWords, seconds: float) -> str:
    """Return a length of time: to the minute, and at least one minute if it is any."""
    minutes = max(round(seconds / 60), 1 if seconds > 0 else 0)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return words.minutes.format(minutes=minutes)
    return words.hours.format(hours=minutes // 60, minutes=minutes % 60)


def summary_of(words: PictureWords, room: RoomNight) -> tuple[str, ...]:
    """Return the lines under a room's name: what there was, then what is usual and what nobody knows."""
    if room.bouts:
        count = words.once if len(room.bouts) == 1 else words.times.format(count=len(room.bouts))
        first = f"{count} · {length_of(words, room.crying_seconds)}"
    else:
        first = words.no_crying
    if room.longest_quiet is not None:
        first += f" · {words.longest_quiet.format(length=length_of(words, room.longest_quiet.seconds))}"
    parts = []
    if room.week is not None:
        count = f"{room.week.bouts:g}\N{MULTIPLICATION SIGN}"
        parts.append(words.usual.format(count=count, length=length_of(words, room.week.crying_seconds)))
    if room.unheard_seconds >= 60:  # noqa: PLR2004 - less is a hiccup
        parts.append(f"{words.nobody_listened}: {length_of(words, room.unheard_seconds)}")
    return (first, " · ".join(parts)) if parts else (first,)
