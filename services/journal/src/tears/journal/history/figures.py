"""The figures of days and nights: how much crying, and how long a room was heard."""

import datetime as dt
import sqlite3
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from tears.journal.history.heard_hours import SECONDS_AN_HOUR, hour_of
from tears.journal.history.reading import (
    CryingSpan,
    read_crying,
    read_end,
    read_episodes,
    read_given_names,
    read_near_misses,
    read_series,
)
from tears.journal.history.records import HOLE, DayFigures, KeptEpisode, KeptStretch, NearMiss, RoomStretch
from tears.kit.calendar.nights import ONE_DAY, Night, local_seconds
from tears.kit.registry.room_names import RoomNames

EventT = TypeVar("EventT", KeptEpisode, NearMiss)

# Figures of more days are not made at once; those of the last ones are.
MOST_DAYS: Final = 1_200


@dataclass(frozen=True, slots=True)
class DatedStretch:
    """A day or a night: its date, and its begin and end in seconds since 1970."""

    date: dt.date
    from_at: float
    to_at: float


@dataclass(slots=True)
class _Sums:
    episodes: int = 0
    crying_seconds: float = 0.0
    longest_seconds: float = 0.0
    near_misses: int = 0
    heard_seconds: float = 0.0


def days_between(first: dt.date, last: dt.date) -> list[DatedStretch]:
    """Return the days from `first` to `last`, each from midnight to midnight of the local time."""
    return [DatedStretch(day, local_seconds(day, 0), local_seconds(day + ONE_DAY, 0)) for day in _dates(first, last)]


def nights_between(first: dt.date, last: dt.date) -> list[DatedStretch]:
    """Return the nights that begin in the evenings from `first` to `last`."""
    nights = map(Night, _dates(first, last))
    return [DatedStretch(night.evening, night.starts_seconds, night.ends_seconds) for night in nights]


def read_figures(connection: sqlite3.Connection, stretches: Sequence[DatedStretch]) -> list[DayFigures]:
    """Return the figures of some days or nights in their order, for the rooms of which something is known.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    if not stretches:
        return []
    found: dict[tuple[dt.date, str], _Sums] = defaultdict(_Sums)
    for stretch in stretches:
        for mic, seconds in heard_by_mic(connection, stretch.from_at, stretch.to_at).items():
            found[stretch.date, mic].heard_seconds = seconds
        for mic, number in connection.execute(
            "SELECT mic, count(*) FROM near_misses WHERE began_at >= ? AND began_at < ? GROUP BY mic",
            (stretch.from_at, stretch.to_at),
        ):
            found[stretch.date, mic].near_misses = number
    begins = [stretch.from_at for stretch in stretches]
    for episode in read_crying(connection, begins[0], stretches[-1].to_at):
        ends_at = read_end(connection, episode)
        for stretch in stretches[max(0, bisect_right(begins, episode.began_at) - 1) :]:
            if stretch.from_at > ends_at:
                break
            if episode.began_at < stretch.to_at:
                _add(found[stretch.date, episode.mic], crying_in(episode, ends_at, stretch.from_at, stretch.to_at))
    names = RoomNames(read_given_names(connection))
    return [
        DayFigures(
            date=date,
            mic=mic,
            room_name=names.of(mic),
            episodes=one.episodes,
            crying_seconds=one.crying_seconds,
            longest_seconds=one.longest_seconds,
            near_misses=one.near_misses,
            heard_seconds=one.heard_seconds,
        )
        for (date, mic), one in sorted(found.items())
    ]


def read_stretch(connection: sqlite3.Connection, from_at: float, to_at: float) -> KeptStretch:
    """Return all that is known of the rooms in a time, in the order of their names.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    episodes = _by_mic(read_episodes(connection, None, from_at, to_at))
    near_misses = _by_mic(read_near_misses(connection, None, from_at, to_at))
    heard = heard_by_mic(connection, from_at, to_at)
    names = RoomNames(read_given_names(connection))
    rooms = [
        RoomStretch(
            mic=mic,
            room_name=names.of(mic),
            series=read_series(connection, mic, from_at, to_at),
            episodes=tuple(episodes.get(mic, ())),
            near_misses=tuple(near_misses.get(mic, ())),
            crying_seconds=sum(
                crying_in(one, read_end(connection, one), from_at, to_at) for one in episodes.get(mic, ())
            ),
            heard_seconds=heard.get(mic, 0.0),
        )
        for mic in {*heard, *episodes, *near_misses}
    ]
    return KeptStretch(
        from_at=from_at, to_at=to_at, rooms=tuple(sorted(rooms, key=lambda room: (room.room_name.casefold(), room.mic)))
    )


def heard_by_mic(connection: sqlite3.Connection, from_at: float, to_at: float) -> dict[str, float]:
    """Return for how many seconds of a time each room was heard; rooms that were not are left out."""
    heard: dict[str, float] = defaultdict(float)
    # Hours at the edge count only in part: in a time zone of half an hour no day begins with an hour.
    whole_from, whole_to = -(-from_at // SECONDS_AN_HOUR), to_at // SECONDS_AN_HOUR
    for mic, hour, seconds in connection.execute(
        "SELECT mic, hour, heard FROM hours WHERE hour >= ? AND hour < ?",
        (hour_of(from_at), -(-to_at // SECONDS_AN_HOUR)),
    ):
        if whole_from <= hour < whole_to:
            heard[mic] += seconds
        else:
            begins = hour * SECONDS_AN_HOUR
            part = read_series(connection, mic, max(from_at, begins), min(to_at, begins + SECONDS_AN_HOUR)).seconds
            heard[mic] += int(np.count_nonzero(part != HOLE))
    return {mic: seconds for mic, seconds in heard.items() if seconds}


def crying_in(episode: KeptEpisode | CryingSpan, ends_at: float, from_at: float, to_at: float) -> float:
    """Return the seconds within a time of an episode that ended at `ends_at`."""
    return max(0.0, min(to_at, ends_at) - max(from_at, episode.began_at))


def _add(sums: _Sums, crying_seconds: float) -> None:
    sums.episodes += 1
    sums.crying_seconds += crying_seconds
    sums.longest_seconds = max(sums.longest_seconds, crying_seconds)


def _by_mic(events: Iterable[EventT]) -> dict[str, list[EventT]]:
    found: dict[str, list[EventT]] = defaultdict(list)
    for event in events:
        found[event.mic].append(event)
    return found


def _dates(first: dt.date, last: dt.date) -> list[dt.date]:
    first = max(first, last - MOST_DAYS * ONE_DAY)
    return [first + number * ONE_DAY for number in range((last - first).days + 1)]
