"""What is known of the last lesson, kept in `lesson.json` and shown by the page and the API."""

import enum
from pathlib import Path

import msgspec

from tears.kit.files import PRIVATE_FILE_MODE, write_whole
from tears.own_data.teaching.comparison import Comparison, RoomComparison
from tears.own_data.teaching.lesson import Refusal

RECORD_FILE = "lesson.json"


class LessonState(enum.StrEnum):
    """What has become of the last lesson."""

    NONE = "none"
    RUNNING = "running"
    # It could not be held; `fault` says why.
    FAILED = "failed"
    # The ear in use stays; `refusal` says why.
    REFUSED = "refused"
    # The taught ear is better, and listens beside the one in use.
    OFFERED = "offered"
    # The taught ear is in use, as `version`.
    USED = "used"


class LessonFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a lesson found out; the fields are those of `tears.own_data.teaching.lesson.Lesson`."""

    threshold: float
    refusal: Refusal | None
    crying: int
    other: int
    heard: Comparison
    false_alarms: Comparison
    guard_heard: Comparison
    guard_false_alarms: Comparison
    base_sha256: str
    # The ids of the sounds, from which their pages can be reached.
    doubtful: tuple[str, ...] = ()
    rooms: tuple[RoomComparison, ...] = ()


class LessonRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The last lesson.

    Attributes:
        at: when it began, in seconds since 1970; 0 without one.
        done: of `total` clips while it runs.
        fault: why it could not be held, in words for a parent.
        version: the number of the version in use that came of it; 0 if none did.
    """

    state: LessonState = LessonState.NONE
    at: float = 0.0
    done: int = 0
    total: int = 0
    fault: str = ""
    figures: LessonFigures | None = None
    version: int = 0


def read_record(folder: Path) -> LessonRecord:
    """Return the record in a folder; an empty one if there is none, or if it cannot be read."""
    try:
        record = msgspec.json.decode((folder / RECORD_FILE).read_bytes(), type=LessonRecord)
    except (OSError, msgspec.DecodeError):
        return LessonRecord()
    if record.state is LessonState.RUNNING:
        # The journal ended in the middle of it.
        return LessonRecord()
    return record


def write_record(folder: Path, record: LessonRecord) -> None:
    """Write the record, whole or not at all; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / RECORD_FILE, msgspec.json.encode(record), mode=PRIVATE_FILE_MODE)
