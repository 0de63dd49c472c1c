"""Draw what each sensitivity would have done: a strip for each room and night, and a lane in it for each level."""

import io
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from font_roboto import font_files
from PIL import Image, ImageDraw, ImageFont

from tears.cli.options import minutes_and_seconds
from tears.policy.judged_nights import JudgedEpisode, ScoredRoom
from tears.policy.parameters import Policy

_PLOT_WIDTH, _SIDE, _NAMES_WIDTH = 880, 40, 120
_PICTURE_WIDTH: Final = _PLOT_WIDTH + 2 * _SIDE + _NAMES_WIDTH
_HEAD_HEIGHT, _NAME_HEIGHT, _SCORES_HEIGHT, _LANE_HEIGHT, _STRIP_GAP = 110, 44, 110, 30, 40
# More strips make a picture that cannot be read.
_MOST_STRIPS: Final = 28
# Smaller times are those of a recording's own clock.
_FIRST_WALL_SECONDS: Final = 1e9
_TITLE: Final = "What each sensitivity would have done"
_COLOURS: Final = ("#2f6f9f", "#66a182", "#c9283e", "#7d5ba6")
_WHITE, _STRIP, _TEXT, _GREY, _SCORE = "#ffffff", "#f5f7f9", "#22303c", "#6c7a86", "#c3cad1"


def draw_levels(
    rooms: Sequence[ScoredRoom],
    policies: Mapping[str, Policy],
    judged: Mapping[str, Mapping[str, Sequence[JudgedEpisode]]],
) -> bytes:
    """Return a PNG, 1080 pixels wide, with the last rooms and nights.

    `judged` has the episodes by level and by the name of the scores.
    """
    shown = rooms[-_MOST_STRIPS:]
    strip = _NAME_HEIGHT + _SCORES_HEIGHT + _LANE_HEIGHT * len(policies) + _STRIP_GAP
    image = Image.new("RGB", (_PICTURE_WIDTH, _HEAD_HEIGHT + strip * len(shown)), _WHITE)
    draw = ImageDraw.Draw(image)
    draw.text((_SIDE, 30), _TITLE, _TEXT, _roboto(44, "RobotoMedium"))
    for number, room in enumerate(shown):
        top = _HEAD_HEIGHT + number * strip
        draw.text((_SIDE, top), room.name, _TEXT, _roboto(30))
        draw.text((_SIDE + _PLOT_WIDTH, top + 6), _span(room), _GREY, _roboto(24), anchor="ra")
        _draw_scores(draw, room, policies, top + _NAME_HEIGHT)
        for lane, level in enumerate(policies):
            y = top + _NAME_HEIGHT + _SCORES_HEIGHT + lane * _LANE_HEIGHT
            colour = _COLOURS[lane % len(_COLOURS)]
            episodes = judged[level][room.name]
            draw.line((_SIDE, y + 17, _SIDE + _PLOT_WIDTH, y + 17), _STRIP, 2)
            for episode in episodes:
                left, right = _column(room, episode.start_seconds), _column(room, episode.cried_until_seconds)
                draw.rounded_rectangle((left, y + 8, max(right, left + 5), y + 26), 4, colour)
            draw.text((_SIDE + _PLOT_WIDTH + 12, y + 4), f"{level} {len(episodes)}", colour, _roboto(22))
    drawn = io.BytesIO()
    image.quantize(64, dither=Image.Dither.NONE).save(drawn, "PNG", optimize=True)
    return drawn.getvalue()


def _draw_scores(draw: ImageDraw.ImageDraw, room: ScoredRoom, policies: Mapping[str, Policy], top: int) -> None:
    """Draw the highest score of each column, and the threshold of each level."""
    bottom = top + _SCORES_HEIGHT - 8
    draw.rectangle((_SIDE, top, _SIDE + _PLOT_WIDTH, bottom), _STRIP)
    highest: dict[int, float] = {}
    for one in room.observations:
        column = _column(room, one.end_seconds)
        highest[column] = max(highest.get(column, 0.0), one.score or 0.0)
    for column, score in highest.items():
        draw.line((column, bottom - round(score * (bottom - top)), column, bottom), _SCORE)
    for colour, policy in zip(_COLOURS, policies.values(), strict=False):
        y = bottom - round(policy.open_threshold * (bottom - top))
        draw.line((_SIDE, y, _SIDE + _PLOT_WIDTH, y), colour)


def _span(room: ScoredRoom) -> str:
    """Return when the scores begin and end: the time of day, or minutes and seconds of a recording."""
    ends = (room.observations[0].end_seconds, room.observations[-1].end_seconds)
    if ends[0] < _FIRST_WALL_SECONDS:
        return " - ".join(map(minutes_and_seconds, ends))
    return " - ".join(time.strftime("%H:%M", time.localtime(one)) for one in ends)


def _column(room: ScoredRoom, at_seconds: float) -> int:
    first, last = room.observations[0].end_seconds, room.observations[-1].end_seconds
    share = (at_seconds - first) / max(1.0, last - first)
    return _SIDE + round(min(1.0, max(0.0, share)) * _PLOT_WIDTH)


@cache
def _roboto(size: int, face: str = "Roboto") -> Any:
    return ImageFont.truetype(font_files[face], size)
