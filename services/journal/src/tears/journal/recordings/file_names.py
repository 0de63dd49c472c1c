"""Names of recorded files: `<mic>/<day>/<mic>-<time>-<session>-<first sample>-<end sample>.flac`. No I/O.

Session and samples make a name unique and say what is in the file. Day and time (UTC, of the first sample) are for the
reader, and are wrong if the clock was.
"""

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

PART_SUFFIX = ".part"
# Names sort by sample numbers of this many digits: 10^12 samples are 241 days at 48 kHz.
_SAMPLE_DIGITS = 12
# The name of a file may have 255 bytes; the folder has the whole name of the microphone.
_MIC_LETTERS = 100

_UNIX_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_SESSION = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_FILE_NAME = re.compile(
    r"(?P<mic>.+)-\d{8}T\d{6}Z-(?P<session>[A-Za-z0-9_]{1,64})-(?P<first>\d{12,20})-(?P<end>\d{12,20})\.flac\Z"
)


@dataclass(frozen=True, slots=True)
class RecordedName:
    """The content of a file, as its name gives it: the samples [first_sample, end_sample) of a session."""

    mic: str
    session_label: str
    first_sample: int
    end_sample: int


def session_label(session: str) -> str:
    """Return the session as file names have it: itself, or a digest if it has characters that no file name should."""
    if _SESSION.match(session):
        return session
    return hashlib.sha256(session.encode()).hexdigest()[:32]


def recorded_path(
    *, mic: str, session: str, first_sample: int, end_sample: int, begins_at_seconds: float
) -> PurePosixPath:
    """Return the path of a file below the folder of all recordings."""
    begins_at = utc_time(begins_at_seconds)
    day, time = f"{begins_at:%Y-%m-%d}".rjust(10, "0"), f"{begins_at:%Y%m%dT%H%M%SZ}".rjust(16, "0")
    samples = f"{first_sample:0{_SAMPLE_DIGITS}d}-{end_sample:0{_SAMPLE_DIGITS}d}"
    return PurePosixPath(mic, day, f"{mic[:_MIC_LETTERS]}-{time}-{session_label(session)}-{samples}.flac")


def utc_time(seconds: float) -> dt.datetime:
    """Return the UTC time of seconds since 1970; 1970 itself if the clock was so wrong that there is no such date."""
    try:
        return _UNIX_EPOCH + dt.timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return _UNIX_EPOCH


def parse_recorded_path(path: PurePosixPath) -> RecordedName | None:
    """Return what `recorded_path` was given; None for any other path."""
    if len(path.parts) != 3:  # noqa: PLR2004 - mic, day, file
        return None
    mic, day, name = path.parts
    found = _FILE_NAME.match(name)
    if found is None or found["mic"] != mic[:_MIC_LETTERS] or not _DAY.match(day):
        return None
    return RecordedName(mic, found["session"], int(found["first"]), int(found["end"]))
