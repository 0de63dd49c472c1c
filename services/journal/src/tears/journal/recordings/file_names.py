"""How recorded files are called: `<mic>/<day>/<mic>-<time>-<session>-<first sample>-<end sample>.flac`. Pure.

Session and samples make a name unique and say what is in the file; day and time (UTC, of the first sample) are for the
reader, and may be wrong where a clock was.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

SUFFIX = ".flac"
PART_SUFFIX = ".part"
# Names sort by sample numbers of so many digits: 10^12 samples are 241 days at 48 kHz.
SAMPLE_DIGITS = 12
# A file's name may have 255 bytes; the folder has the whole name of the microphone.
MIC_LETTERS = 100

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_MIC = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}\Z")
_SESSION = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_FILE = re.compile(
    r"(?P<mic>.+)-\d{8}T\d{6}Z-(?P<session>[A-Za-z0-9_]{1,64})-(?P<first>\d{12,20})-(?P<end>\d{12,20})\.flac\Z"
)


@dataclass(frozen=True, slots=True)
class RecordedName:
    """What a file's name says of its content: the samples [first_sample, end_sample) of a session."""

    mic: str
    session_label: str
    first_sample: int
    end_sample: int


def is_folder_name(mic: str) -> bool:
    """Whether a folder can be called so; a name from the network never leads out of it."""
    return _MIC.match(mic) is not None


def session_label(session: str) -> str:
    """The session in a file's name: itself, or a digest of what a file's name had better not hold."""
    if _SESSION.match(session):
        return session
    return hashlib.sha256(session.encode()).hexdigest()[:32]


def recorded_path(
    *, mic: str, session: str, first_sample: int, end_sample: int, begins_at_seconds: float
) -> PurePosixPath:
    """Where a file belongs, below the folder of all recordings."""
    begins_at = utc_time(begins_at_seconds)
    day, time = f"{begins_at:%Y-%m-%d}".rjust(10, "0"), f"{begins_at:%Y%m%dT%H%M%SZ}".rjust(16, "0")
    samples = f"{first_sample:0{SAMPLE_DIGITS}d}-{end_sample:0{SAMPLE_DIGITS}d}"
    return PurePosixPath(mic, day, f"{mic[:MIC_LETTERS]}-{time}-{session_label(session)}-{samples}{SUFFIX}")


def utc_time(seconds: float) -> dt.datetime:
    """A moment since 1970 in UTC; a clock that is too wrong to be a date says nothing, and is taken for 1970."""
    try:
        return EPOCH + dt.timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return EPOCH


def parse_recorded_path(path: PurePosixPath) -> RecordedName | None:
    """What `recorded_path` was told; None for any other path."""
    if len(path.parts) != 3:  # noqa: PLR2004 - mic, day, file
        return None
    mic, day, name = path.parts
    found = _FILE.match(name)
    if found is None or found["mic"] != mic[:MIC_LETTERS] or not _DAY.match(day):
        return None
    return RecordedName(mic, found["session"], int(found["first"]), int(found["end"]))
