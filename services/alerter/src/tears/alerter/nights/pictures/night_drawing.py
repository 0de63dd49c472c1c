"""Draw a night as a PNG for a phone: per room how loud it was, what sounded like crying, and the crying.

Pillow takes some tens of megabytes, so this runs in a process of its own that ends with the picture.
"""

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from font_roboto import font_files
from PIL import Image, ImageDraw, ImageFont

from tears.alerter.nights.pictures.picture_words import PICTURE_WORDS, PictureWords, summary_of, title_of
from tears.alerter.nights.reading import MinuteFigures, NightRecord
from tears.alerter.nights.report import RoomNight, Stretch
from tears.kit.registry.mic_names import room_of_mic

# A night has 960 minutes, one for each column of pixels.
_PLOT_PIXELS: Final = 960
_MARGIN: Final = 60
_WIDTH: Final = _PLOT_PIXELS + 2 * _MARGIN
_TOP, _BOTTOM = 120, 110
_NAME, _LINE, _GAP = 62, 44, 64
_SCORE_PIXELS, _LEVEL_PIXELS, _BETWEEN, _HOURS = 170, 110, 14, 50
# More rooms than this make a picture that no phone shows.
_MOST_ROOMS: Final = 12
# Quieter levels are not drawn, and louder ones reach the top. In dBFS.
_QUIETEST_DRAWN, _LOUDEST_DRAWN = -75.0, -15.0
_HOUR_SECONDS: Final = 3_600
_LONGEST_NAME: Final = 40
# Latin, Greek and Cyrillic come before it.
_END_OF_ROBOTO: Final = 0x530
_PUNCTUATION: Final = "\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2026"

_PAPER, _PANEL, _GRID = "#ffffff", "#f5f7f9", "#dde3e8"
_INK, _FAINT = "#22303c", "#6c7a86"
_CRY, _CRY_BAND, _LIKE, _LOUD = "#c9283e", "#f7d4d8", "#e88a97", "#8fb1cc"
_HOLE, _HATCH = "#eceff1", "#cfd6db"


@dataclass(frozen=True)
class _Plot:
    """Where one room's panels lie, in pixels, and which time they show."""

    shown: Stretch
    top: int

    @property
    def score_bottom(self) -> int:
        return self.top + _SCORE_PIXELS

    @property
    def level_top(self) -> int:
        return self.score_bottom + _BETWEEN

    @property
    def bottom(self) -> int:
        return self.level_top + _LEVEL_PIXELS

    def x(self, wall_seconds: float) -> int:
        """Return the column of a moment, cut to the plot."""
        share = (wall_seconds - self.shown.from_seconds) / self.shown.seconds
        return _MARGIN + round(min(1.0, max(0.0, share)) * _PLOT_PIXELS)


def draw_night(record: NightRecord, language: str = "en") -> bytes:
    """Return the picture as a PNG, 1080 pixels wide. The minutes of the record must have been read."""
    words = PICTURE_WORDS.get(language, PICTURE_WORDS["en"])
    shown = Stretch(record.night.starts_seconds, record.night.ends_seconds)
    rooms = list(record.rooms.items())[:_MOST_ROOMS]
    heights = [_room_height(words, room) for _, room in rooms]
    image = Image.new("RGB", (_WIDTH, _TOP + (sum(heights) or 80) + _BOTTOM), _PAPER)
    draw = ImageDraw.Draw(image)
    _text(draw, (_MARGIN, 36), title_of(words, record.night.evening), 50, _INK, is_bold=True)
    y = _TOP
    for (mic, room), height in zip(rooms, heights, strict=True):
        _draw_room(draw, words, room, record.minutes.get(mic, {}), shown, y)
        y += height
    if not rooms:
        _text(draw, (_MARGIN, y), words.nothing, 32, _FAINT)
    _draw_legend(draw, words, image.height - _BOTTOM + 30)
    drawn = io.BytesIO()
    # A third of the size: the picture has few colours, and smooth letters keep theirs.
    image.quantize(64, dither=Image.Dither.NONE).save(drawn, "PNG", optimize=True)
    return drawn.getvalue()


def _room_height(words: PictureWords, room: RoomNight) -> int:
    plot = _SCORE_PIXELS + _BETWEEN + _LEVEL_PIXELS + _HOURS
    return _NAME + _LINE * len(summary_of(words, room)) + plot + _GAP


def _draw_room(
    draw: ImageDraw.ImageDraw,
    words: PictureWords,
    room: RoomNight,
    minutes: Mapping[int, MinuteFigures],
    shown: Stretch,
    y: int,
) -> None:
    _text(draw, (_MARGIN, y), room_of_mic(room.mic)[:_LONGEST_NAME], 42, _INK)
    y += _NAME
    for line in summary_of(words, room):
        _text(draw, (_MARGIN, y), line, 30, _FAINT)
        y += _LINE
    plot = _Plot(shown, y + 16)
    for top, bottom in ((plot.top, plot.score_bottom), (plot.level_top, plot.bottom)):
        draw.rectangle((_MARGIN, top, _MARGIN + _PLOT_PIXELS, bottom), _PANEL)
    _draw_hours(draw, plot)
    for hole in room.holes():
        _draw_hole(draw, plot, hole)
    for bout in room.bouts:
        left, right = _columns(plot, bout, least=3)
        draw.rectangle((left, plot.top, right, plot.bottom), _CRY_BAND)
    for minute, figures in minutes.items():
        _draw_minute(draw, plot, minute, figures)
    for bout in room.bouts:
        left, right = _columns(plot, bout, least=5)
        draw.rounded_rectangle((left, plot.top - 10, right, plot.top - 2), 4, _CRY)


def _draw_minute(draw: ImageDraw.ImageDraw, plot: _Plot, minute: int, figures: MinuteFigures) -> None:
    left, right = plot.x(minute * 60.0), max(plot.x(minute * 60.0), plot.x(minute * 60.0 + 60) - 1)
    height = round(figures.score * (_SCORE_PIXELS - 4))
    if height:
        draw.rectangle((left, plot.score_bottom - height, right, plot.score_bottom), _LIKE)
    share = (figures.level_dbfs - _QUIETEST_DRAWN) / (_LOUDEST_DRAWN - _QUIETEST_DRAWN)
    height = round(min(1.0, max(0.0, share)) * _LEVEL_PIXELS)
    if height:
        draw.rectangle((left, plot.bottom - height, right, plot.bottom), _LOUD)


def _draw_hours(draw: ImageDraw.ImageDraw, plot: _Plot) -> None:
    """Draw a line for each second full hour of the local time, and write the hour below it."""
    moment = plot.shown.from_seconds
    while moment <= plot.shown.until_seconds:
        hour = time.localtime(moment).tm_hour
        if hour % 2 == 0:
            draw.line((plot.x(moment), plot.top, plot.x(moment), plot.bottom), _GRID)
            _text(draw, (plot.x(moment), plot.bottom + 12), str(hour), 28, _FAINT, anchor="ma")
        moment += _HOUR_SECONDS


def _draw_hole(draw: ImageDraw.ImageDraw, plot: _Plot, hole: Stretch) -> None:
    """Hatch a time in which nobody listened."""
    left, right = _columns(plot, hole, least=1)
    draw.rectangle((left, plot.top, right, plot.bottom), _HOLE)
    height = plot.bottom - plot.top
    for start in range(left - height, right, 16):
        # The line from (start, bottom) up to the right, cut to the hole.
        first, last = max(start, left), min(start + height, right)
        if first < last:
            draw.line((first, plot.bottom - (first - start), last, plot.bottom - (last - start)), _HATCH, 2)


def _draw_legend(draw: ImageDraw.ImageDraw, words: PictureWords, y: int) -> None:
    x = _MARGIN
    entries = (
        (_CRY, words.crying),
        (_LIKE, words.like_crying),
        (_LOUD, words.loudness),
        (_HATCH, words.nobody_listened),
    )
    for colour, word in entries:
        draw.rounded_rectangle((x, y + 4, x + 28, y + 32), 6, colour)
        _text(draw, (x + 40, y), word, 28, _FAINT)
        x += 40 + round(draw.textlength(word, _font(word, 28))) + 36


def _columns(plot: _Plot, stretch: Stretch, least: int) -> tuple[int, int]:
    left = plot.x(stretch.from_seconds)
    return left, max(left + least, plot.x(stretch.until_seconds) - 1)


def _text(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    size: int,
    colour: str,
    *,
    anchor: str = "la",
    is_bold: bool = False,
) -> None:
    draw.text(place, text, colour, _font(text, size, is_bold=is_bold), anchor=anchor)


def _font(text: str, size: int, *, is_bold: bool = False) -> Any:
    """Return Roboto; for writing systems that it lacks, DejaVu if this machine has it."""
    is_known = all(ord(letter) < _END_OF_ROBOTO or letter in _PUNCTUATION for letter in text)
    return _loaded_font(size, is_bold=is_bold, is_known=is_known)


@cache
def _loaded_font(size: int, *, is_bold: bool, is_known: bool) -> Any:
    if not is_known:
        try:
            return ImageFont.truetype("DejaVuSans.ttf", size)
        except OSError:
            pass
    return ImageFont.truetype(font_files["RobotoMedium" if is_bold else "Roboto"], size)
