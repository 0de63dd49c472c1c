"""The scores and levels of one room, second by second, in hours that take up to three kilobytes each. No I/O.

An hour is an array of uint8 with shape (2, 3600): the scores in hundredths and the levels in dBFS plus 120, as in
`NightSeries`; 255 is a hole. It is kept compressed by zlib. Two copies of an hour, one of which was written by an
earlier process, are laid over each other: so whatever is read twice from Redis changes nothing.
"""

import math
import zlib
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.journal.history.records import HOLE, LEAST_LEVEL_DBFS

SECONDS_AN_HOUR: Final = 3_600
HOUR_BYTES: Final = 2 * SECONDS_AN_HOUR
_HUNDRED: Final = 100
# A score is rounded down, but not because of an error in its last bit: 0.29 * 100 is 28.999...
_ROUNDING: Final = 1e-6
_ZLIB_LEVEL: Final = 6

HourArray = npt.NDArray[np.uint8]


def hour_of(at: float) -> int:
    """Return the number of the hour since 1970."""
    return math.floor(at / SECONDS_AN_HOUR)


def empty_hour() -> HourArray:
    """Return an hour in which nothing was heard: uint8, shape (2, 3600)."""
    return np.full((2, SECONDS_AN_HOUR), HOLE, dtype=np.uint8)


def score_byte(score: float) -> int:
    """Return a score in [0, 1] in hundredths, rounded down; so it reaches a threshold exactly if the score does."""
    return math.floor(min(1.0, max(0.0, score)) * _HUNDRED + _ROUNDING)


def level_byte(level_dbfs: float) -> int:
    """Return a level in dBFS, from -120 to 0, as a number from 0 to 120."""
    return round(min(0.0, max(float(LEAST_LEVEL_DBFS), level_dbfs))) - LEAST_LEVEL_DBFS


def put_second(hour: HourArray, second: int, score: float, level_dbfs: float) -> None:
    """Write what was heard in a second of an hour, 0 to 3599; of several scores the highest stays, with its level."""
    byte = score_byte(score)
    known = hour[0, second]
    if known == HOLE or byte > known:
        hour[:, second] = byte, level_byte(level_dbfs)


def lay_over(one: HourArray, other: HourArray) -> HourArray:
    """Return what either copy of an hour knows; where both know a second, that with the higher score."""
    # A hole counts as -1: as int16, because uint8 would wrap around.
    mine, theirs = (np.where(hour[0] == HOLE, -1, hour[0].astype(np.int16)) for hour in (one, other))
    return np.where(theirs > mine, other, one)


def fill_holes(hour: HourArray, other: HourArray) -> HourArray:
    """Return an hour with what another one knows of its holes."""
    return np.where(hour[0] == HOLE, other, hour)


def heard_seconds(hour: HourArray) -> int:
    """Return for how many seconds there is a score."""
    return int(np.count_nonzero(hour[0] != HOLE))


def pack(hour: HourArray) -> bytes:
    """Return the compressed bytes."""
    # Noise has no repeats, so only runs are looked for; and scores and levels have codes of their own.
    compressor = zlib.compressobj(_ZLIB_LEVEL, strategy=zlib.Z_RLE)
    scores = compressor.compress(hour[0].tobytes()) + compressor.flush(zlib.Z_FULL_FLUSH)
    return scores + compressor.compress(hour[1].tobytes()) + compressor.flush()


def unpack(packed: bytes) -> HourArray:
    """Return the hour in some bytes; raise ValueError if they hold none."""
    try:
        content = zlib.decompressobj().decompress(packed, HOUR_BYTES + 1)
    except zlib.error as error:
        raise ValueError(f"no hour: {error}") from error
    if len(content) != HOUR_BYTES:
        raise ValueError(f"an hour of {len(content)} bytes instead of {HOUR_BYTES}")
    return np.frombuffer(content, dtype=np.uint8).reshape(2, SECONDS_AN_HOUR)
