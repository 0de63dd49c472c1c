"""The scores of a night, second by second, in 120 bytes a minute. No I/O.

A byte holds a score to within 0.002, and another one a level to within a quarter of a decibel. A second without a score
is 0 in both, so a minute that was written twice, or by two processes, is the two laid over each other.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

SECONDS_A_MINUTE: Final = 60
MINUTE_BYTES: Final = 2 * SECONDS_A_MINUTE
_SCORE_STEPS: Final = 254
_LEVEL_STEPS_PER_DB: Final = 2


class KeptWindow(NamedTuple):
    """A window as it was kept: the wall clock at its last second, its score, and its level before gain in dBFS."""

    at_seconds: float
    score: float
    level_dbfs: float


def minute_of(wall_seconds: float) -> int:
    """Return the number of the minute since 1970."""
    return math.floor(wall_seconds / SECONDS_A_MINUTE)


def empty_minute() -> bytearray:
    """Return a minute in which nothing was heard."""
    return bytearray(MINUTE_BYTES)


def put_window(minute: bytearray, wall_seconds: float, score: float, level_dbfs: float) -> None:
    """Write a window into the second at which it ends; of several in one second the highest score stays."""
    second = math.floor(wall_seconds) % SECONDS_A_MINUTE
    score_byte = 1 + round(min(1.0, max(0.0, score)) * _SCORE_STEPS)
    level_byte = 255 - min(254, max(0, round(-level_dbfs * _LEVEL_STEPS_PER_DB)))
    if score_byte > minute[second]:
        minute[second], minute[SECONDS_A_MINUTE + second] = score_byte, level_byte


def laid_over(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    """Return the windows of two copies of one minute; where both have one, that with the higher score."""
    merged = bytearray(one)
    for second in range(SECONDS_A_MINUTE):
        if other[second] > merged[second]:
            merged[second], merged[SECONDS_A_MINUTE + second] = other[second], other[SECONDS_A_MINUTE + second]
    return bytes(merged)


def windows_of(minute: int, content: bytes | bytearray) -> Iterator[KeptWindow]:
    """Yield the windows of a minute in order; the seconds without one are left out."""
    for second in range(SECONDS_A_MINUTE):
        if score_byte := content[second]:
            level_dbfs = (content[SECONDS_A_MINUTE + second] - 255) / _LEVEL_STEPS_PER_DB
            yield KeptWindow(float(minute * SECONDS_A_MINUTE + second), (score_byte - 1) / _SCORE_STEPS, level_dbfs)
