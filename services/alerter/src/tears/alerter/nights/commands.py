"""What one may ask of the kept nights: a report in words, as JSON or as a picture, and the scores themselves."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tears.alerter.nights.minutes import windows_of
from tears.alerter.nights.night_file import NightFile, read_night_file
from tears.alerter.nights.pictures.picture_words import PICTURE_WORDS, length_of, summary_of, title_of
from tears.alerter.nights.reading import NightRecord, as_json, read_night
from tears.alerter.nights.report import RoomNight, Stretch
from tears.kit.calendar.nights import Night, last_night
from tears.kit.files import write_whole
from tears.kit.registry.mic_names import mic_of_room, room_of_mic


@dataclass(frozen=True, kw_only=True)
class AskedReport:
    """What is asked of a night.

    Attributes:
        night: None for the last one.
        until_seconds: what was later is left out; the wall clock, seconds since 1970.
        room: the only room to report, or its microphone; None for all.
        png: the file to draw to; with `-` nothing is printed but the picture.
    """

    night: Night | None
    until_seconds: float
    room: str | None = None
    is_json: bool = False
    png: Path | None = None
    language: str = "en"


def print_report(path: Path, asked: AskedReport) -> None:
    """Print a night, and draw it if that is asked.

    Raises:
        StateError: the night file cannot be read.
        OSError: the picture cannot be written.
    """
    night, png, language = asked.night or last_night(asked.until_seconds), asked.png, asked.language
    with read_night_file(path) as file:
        record = read_night(file, night, asked.until_seconds, with_minutes=png is not None)
    if asked.room is not None:
        mic = mic_of_room(asked.room)
        record = replace(record, rooms={one: room for one, room in record.rooms.items() if one == mic})
    if png is not None:
        # Pillow is for pictures only.
        from tears.alerter.nights.pictures.night_drawing import draw_night  # noqa: PLC0415 - see above

        drawn = draw_night(record, language)
        if str(png) == "-":
            sys.stdout.buffer.write(drawn)
            return
        png.parent.mkdir(parents=True, exist_ok=True)
        write_whole(png, drawn)
    if asked.is_json:
        sys.stdout.write(json.dumps(as_json(record), indent=1, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(report_lines(record, language)) + "\n")


def report_lines(record: NightRecord, language: str) -> Iterator[str]:
    """Yield the lines of a report in words."""
    words = PICTURE_WORDS[language]
    yield title_of(words, record.night.evening)
    if not record.rooms:
        yield words.nothing
    for mic, room in record.rooms.items():
        yield ""
        yield room_of_mic(mic)
        yield from (f"  {line}" for line in summary_of(words, room))
        yield from (f"  {_clock(bout)}  {length_of(words, bout.seconds)}" for bout in room.bouts)
        yield from (f"  {_clock(hole)}  {words.nobody_listened}" for hole in _long_holes(room))


def print_scores(path: Path, nights: int, now_seconds: float) -> None:
    """Print the windows of the last nights, one JSON object a line, as `tears replay` writes them.

    `end_seconds` is the wall clock, to the second; `night` names the night.

    Raises:
        StateError: the night file cannot be read.
    """
    last = last_night(now_seconds)
    with read_night_file(path) as file:
        for k in reversed(range(nights)):
            for line in _score_lines(file, last.before(k)):
                sys.stdout.write(json.dumps(line) + "\n")


def _score_lines(file: NightFile, night: Night) -> Iterator[dict[str, Any]]:
    for mic, minutes in file.minutes(night.starts_seconds, night.ends_seconds).items():
        for minute, content in minutes.items():
            for window in windows_of(minute, content):
                yield {
                    "night": str(night),
                    "mic": mic,
                    "end_seconds": window.at_seconds,
                    "level_dbfs": window.level_dbfs,
                    "cry_score": round(window.score, 4),
                }


def _long_holes(room: RoomNight) -> Iterator[Stretch]:
    """Yield the times of at least a minute in which nobody listened."""
    return (hole for hole in room.holes() if hole.seconds >= 60)  # noqa: PLR2004 - less is a hiccup


def _clock(stretch: Stretch) -> str:
    begins, ends = (
        time.strftime("%H:%M", time.localtime(one)) for one in (stretch.from_seconds, stretch.until_seconds)
    )
    return f"{begins} - {ends}"
