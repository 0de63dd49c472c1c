"""Read a night's report out of the night file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tears.alerter.nights.minutes import windows_of
from tears.alerter.nights.night_file import NightFile
from tears.alerter.nights.report import WEEK_NIGHTS, RoomNight, Stretch, asked_of, room_night, week_of
from tears.kit.calendar.nights import Night
from tears.kit.registry.mic_names import room_of_mic


@dataclass(frozen=True, slots=True)
class MinuteFigures:
    """A minute as it is drawn: the highest score, and the mean level in dBFS."""

    score: float
    level_dbfs: float


@dataclass(frozen=True, slots=True)
class NightRecord:
    """A night: its rooms by microphone, and the figures of each minute that was heard, if they were asked for."""

    night: Night
    asked: Stretch
    rooms: Mapping[str, RoomNight]
    minutes: Mapping[str, Mapping[int, MinuteFigures]]


def read_night(file: NightFile, night: Night, until_seconds: float, *, with_minutes: bool = False) -> NightRecord:
    """Return a night up to a moment, with the seven nights before at the same hours; raise sqlite3.Error."""
    asked = asked_of(night, until_seconds)
    weeks = [
        _rooms(file, Stretch(earlier.starts_seconds, min(earlier.ends_seconds, earlier.starts_seconds + asked.seconds)))
        for earlier in (night.before(k) for k in range(1, WEEK_NIGHTS + 1))
    ]
    rooms = {
        mic: replace(room, week=week_of([week[mic] for week in weeks if mic in week]))
        for mic, room in _rooms(file, asked).items()
    }
    minutes = file.minutes(asked.from_seconds, asked.until_seconds) if with_minutes else {}
    figures = {
        mic: {minute: _figures(minute, content) for minute, content in kept.items()} for mic, kept in minutes.items()
    }
    return NightRecord(night, asked, rooms, figures)


def as_json(record: NightRecord) -> dict[str, Any]:
    """Return a night in JSON's types."""
    rooms = []
    for mic, room in record.rooms.items():
        shown: dict[str, Any] = {
            "room": room_of_mic(mic),
            "mic": mic,
            "bouts": len(room.bouts),
            "crying_seconds": round(room.crying_seconds, 1),
            "longest_seconds": round(room.longest_seconds, 1),
            "first_seconds": room.bouts[0].from_seconds if room.bouts else None,
            "last_seconds": room.bouts[-1].from_seconds if room.bouts else None,
            "longest_quiet": _as_pair(room.longest_quiet),
            "heard_seconds": room.heard_seconds,
            "unheard_seconds": room.unheard_seconds,
            "episodes": [_as_pair(bout) for bout in room.bouts],
            "heard": [_as_pair(stretch) for stretch in room.heard],
            "week": None,
        }
        if room.week is not None:
            shown["week"] = {
                "nights": room.week.nights,
                "bouts": room.week.bouts,
                "crying_seconds": round(room.week.crying_seconds, 1),
            }
        rooms.append(shown)
    return {
        "night": str(record.night),
        "from_seconds": record.asked.from_seconds,
        "until_seconds": record.asked.until_seconds,
        "ends_seconds": record.night.ends_seconds,
        "rooms": rooms,
    }


def _rooms(file: NightFile, asked: Stretch) -> dict[str, RoomNight]:
    minutes = file.heard_minutes(asked.from_seconds, asked.until_seconds)
    episodes = file.episodes(asked.from_seconds, asked.until_seconds)
    return {
        mic: room_night(mic, asked, minutes.get(mic, []), [one for one in episodes if one.mic == mic])
        for mic in sorted({*minutes, *(one.mic for one in episodes)})
    }


def _figures(minute: int, content: bytes) -> MinuteFigures:
    windows = list(windows_of(minute, content))
    return MinuteFigures(
        max(one.score for one in windows), sum(one.level_dbfs for one in windows) / max(1, len(windows))
    )


def _as_pair(stretch: Stretch | None) -> list[float] | None:
    return None if stretch is None else [round(stretch.from_seconds, 1), round(stretch.until_seconds, 1)]
