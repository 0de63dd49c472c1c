"""The report of a night: what is known of a room's crying, beside the week before. No I/O."""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tears.alerter.nights.minutes import SECONDS_A_MINUTE
from tears.alerter.nights.notes import NightEpisode
from tears.kit.calendar.nights import Night

WEEK_NIGHTS: Final = 7
# A night in which a room was heard for less time says nothing about its week.
LEAST_HEARD_SECONDS: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time on the wall clock, seconds since 1970."""

    from_seconds: float
    until_seconds: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.until_seconds - self.from_seconds


@dataclass(frozen=True, slots=True)
class Week:
    """The nights before, at the same hours: how many were heard, and the median of their bouts and crying."""

    nights: int
    bouts: float
    crying_seconds: float


@dataclass(frozen=True, slots=True)
class RoomNight:
    """What is known of one room in one night. All times are wall clock, seconds since 1970.

    Attributes:
        asked: the time that the report is about.
        heard: the stretches in which there were scores; between them nobody knows whether there was crying.
        bouts: the episodes that began or went on in this time, cut to it.
        longest_quiet: the longest time without crying that was heard throughout; None if there was none.
        week: None if no night of the week before was heard.
    """

    mic: str
    asked: Stretch
    heard: tuple[Stretch, ...]
    bouts: tuple[Stretch, ...]
    longest_quiet: Stretch | None
    week: Week | None = None

    @property
    def crying_seconds(self) -> float:
        """The length of all bouts together."""
        return sum(bout.seconds for bout in self.bouts)

    @property
    def longest_seconds(self) -> float:
        """The length of the longest bout; 0 without any."""
        return max((bout.seconds for bout in self.bouts), default=0.0)

    @property
    def heard_seconds(self) -> float:
        """How long the room was heard."""
        return sum(stretch.seconds for stretch in self.heard)

    @property
    def unheard_seconds(self) -> float:
        """How long it was not heard."""
        return self.asked.seconds - self.heard_seconds

    def holes(self) -> Iterator[Stretch]:
        """Yield the times in which it was not heard."""
        until = self.asked.from_seconds
        for stretch in self.heard:
            if stretch.from_seconds > until:
                yield Stretch(until, stretch.from_seconds)
            until = stretch.until_seconds
        if self.asked.until_seconds > until:
            yield Stretch(until, self.asked.until_seconds)


def room_night(mic: str, asked: Stretch, minutes: Iterable[int], episodes: Iterable[NightEpisode]) -> RoomNight:
    """Return what is known of a room, from the numbers of the minutes in which it was heard, and its episodes."""
    heard = tuple(_stretches(minutes, asked))
    bouts = tuple(
        Stretch(max(asked.from_seconds, one.started_seconds), min(asked.until_seconds, _end(one, asked)))
        for one in sorted(episodes, key=lambda one: one.started_seconds)
        if one.started_seconds < asked.until_seconds and _end(one, asked) > asked.from_seconds
    )
    quiet = max(_quiet_stretches(heard, bouts), key=lambda stretch: stretch.seconds, default=None)
    return RoomNight(mic, asked, heard, bouts, quiet)


def week_of(nights: Sequence[RoomNight]) -> Week | None:
    """Return the median of the nights that were heard; None if there is none."""
    known = [night for night in nights if night.heard_seconds >= LEAST_HEARD_SECONDS]
    if not known:
        return None
    return Week(
        nights=len(known),
        bouts=statistics.median(len(night.bouts) for night in known),
        crying_seconds=statistics.median(night.crying_seconds for night in known),
    )


def asked_of(night: Night, until_seconds: float) -> Stretch:
    """Return the time of a night's report that is made at `until_seconds`."""
    return Stretch(night.starts_seconds, max(night.starts_seconds, min(night.ends_seconds, until_seconds)))


def facts_of(room: RoomNight, night: Night) -> Mapping[str, str | float | int]:
    """Return the facts of the notice, in JSON's simple types; what is not known is left out."""
    facts: dict[str, str | float | int] = {
        "night": str(night),
        "bouts": len(room.bouts),
        "crying_seconds": room.crying_seconds,
        "longest_seconds": room.longest_seconds,
        "heard_seconds": room.heard_seconds,
        "unheard_seconds": room.unheard_seconds,
        "until_seconds": room.asked.until_seconds,
    }
    if room.bouts:
        facts |= {"first_seconds": room.bouts[0].from_seconds, "last_seconds": room.bouts[-1].from_seconds}
    if room.longest_quiet is not None:
        facts |= {
            "quiet_seconds": room.longest_quiet.seconds,
            "quiet_from_seconds": room.longest_quiet.from_seconds,
        }
    if room.week is not None:
        facts |= {
            "week_nights": room.week.nights,
            "week_bouts": room.week.bouts,
            "week_crying_seconds": room.week.crying_seconds,
        }
    return facts


def _end(episode: NightEpisode, asked: Stretch) -> float:
    return asked.until_seconds if episode.ended_seconds is None else episode.ended_seconds


def _stretches(minutes: Iterable[int], asked: Stretch) -> Iterator[Stretch]:
    """Yield the stretches of minutes without a gap, cut to the time that is asked for."""
    first = last = None
    for minute in sorted(minutes):
        if last is not None and first is not None and minute > last + 1:
            yield _cut(first, last, asked)
            first = None
        first, last = minute if first is None else first, minute
    if first is not None and last is not None:
        yield _cut(first, last, asked)


def _cut(first: int, last: int, asked: Stretch) -> Stretch:
    begins, ends = first * float(SECONDS_A_MINUTE), (last + 1) * float(SECONDS_A_MINUTE)
    return Stretch(max(asked.from_seconds, begins), max(asked.from_seconds, min(asked.until_seconds, ends)))


def _quiet_stretches(heard: Sequence[Stretch], bouts: Sequence[Stretch]) -> Iterator[Stretch]:
    """Yield what is left of the heard stretches without the bouts."""
    for stretch in heard:
        begins = stretch.from_seconds
        for bout in bouts:
            if bout.until_seconds <= begins or bout.from_seconds >= stretch.until_seconds:
                continue
            if bout.from_seconds > begins:
                yield Stretch(begins, bout.from_seconds)
            begins = max(begins, bout.until_seconds)
        if begins < stretch.until_seconds:
            yield Stretch(begins, stretch.until_seconds)
