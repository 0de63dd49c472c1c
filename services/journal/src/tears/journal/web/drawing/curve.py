"""Curves and stripes over a stretch of time, for SVG. No I/O.

A drawing is 100 units high. Its width has one unit for each *column*, and the page stretches it to the width of the
screen; places along the time are percentages, so that text and lines are not stretched with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.journal.history.records import HOLE, LEAST_LEVEL_DBFS, NightSeries

HEIGHT: Final = 100
# Quieter levels are not drawn, and louder ones reach the top. In dBFS.
_QUIETEST_DRAWN, _LOUDEST_DRAWN = -75, -15


@dataclass(frozen=True, slots=True)
class Stripe:
    """A part of the drawing's width, in percent of it."""

    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Columns:
    """The scores and levels of a room in columns of equal length.

    Attributes:
        scores: uint8 array of shape (columns,), 0 to 100: the highest of each column.
        levels: uint8 array of shape (columns,), 0 to 100 of the drawing's height: the loudest second of each column.
        holes: bool array of shape (columns,): for more than half of the column nothing was heard.
    """

    scores: npt.NDArray[np.uint8]
    levels: npt.NDArray[np.uint8]
    holes: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.scores)

    @property
    def score_curve(self) -> str:
        """The scores as the data of an SVG path, an area above the bottom line."""
        return _area(self.scores)

    @property
    def level_curve(self) -> str:
        """The levels as the data of an SVG path, an area above the bottom line."""
        return _area(self.levels)

    @property
    def unheard(self) -> tuple[Stripe, ...]:
        """The times in which nobody listened."""
        return tuple(_stripes(self.holes))


def columns_of(series: NightSeries, most_columns: int) -> Columns:
    """Return the seconds of a room in at most this many columns; each has the same whole number of seconds."""
    seconds_each = max(1, -(-len(series.seconds) // most_columns))
    scores, levels = (_folded(one, seconds_each) for one in (series.seconds, series.levels))
    return Columns(
        scores=_highest(scores),
        levels=_drawn_levels(_highest(levels)),
        holes=np.asarray((scores == HOLE).mean(axis=1) > 0.5),  # noqa: PLR2004 - half
    )


def _folded(values: npt.NDArray[np.uint8], seconds_each: int) -> npt.NDArray[np.uint8]:
    """Return the values in shape (columns, seconds_each); what the last column lacks is a hole."""
    lacking = -len(values) % seconds_each
    return np.pad(values, (0, lacking), constant_values=HOLE).reshape(-1, seconds_each)


def _highest(folded: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the highest value of each column, holes left out; shape (columns,)."""
    return np.asarray(np.where(folded == HOLE, 0, folded).max(axis=1, initial=0), np.uint8)


def _drawn_levels(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return levels (dBFS plus 120) as heights from 0 to 100."""
    dbfs = levels.astype(np.float32) + LEAST_LEVEL_DBFS
    share = (dbfs - _QUIETEST_DRAWN) / (_LOUDEST_DRAWN - _QUIETEST_DRAWN)
    return np.asarray(np.round(np.clip(share, 0, 1) * HEIGHT), np.uint8)


def _area(heights: npt.NDArray[np.uint8]) -> str:
    """Return steps of one unit's width; equal neighbours make one step, which keeps quiet nights short."""
    parts, at = [f"M0 {HEIGHT}"], 0
    for height, length in _runs(heights):
        at += length
        parts.append(f"V{HEIGHT - height}H{at}")
    return "".join(parts) + f"V{HEIGHT}Z"


def _stripes(holes: npt.NDArray[np.bool_]) -> Iterator[Stripe]:
    at = 0
    for is_hole, length in _runs(holes):
        if is_hole:
            yield Stripe(_percent(at, len(holes)), _percent(length, len(holes)))
        at += length


def _runs(values: npt.NDArray[np.generic]) -> Iterator[tuple[int, int]]:
    """Yield each value with the number of its repeats in a row."""
    if not len(values):
        return
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    ends = np.append(starts[1:], len(values))
    for start, end in zip(starts, ends, strict=True):
        yield int(values[start]), int(end - start)


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 2)
