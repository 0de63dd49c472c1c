"""Write a version that was taught, with a note of its lesson, and read such a note."""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tears.own_data.errors import TeachingError
from tears.own_data.teaching.comparison import Comparison
from tears.own_data.teaching.guard_set import GuardSet
from tears.own_data.teaching.lesson import Lesson
from tears.own_data.versions.proof import sha256_of
from tears.own_data.versions.version_copy import write_version_beside
from tears.own_data.versions.version_files import TFLITE_FILE

LESSON_FILE: Final = "lesson.json"
LESSON_FORMAT: Final = 1
_CARD: Final = """# A model that was taught

This is version {base} with another last layer of its decision, fitted to the sounds of this home. With recordings that
it had not learnt from, {heard.taught} of {heard.total} of crying alert (before: {heard.served}), and
{alarms.taught} of {alarms.total} of other sounds (before: {alarms.served}). Of the {guard.total} cries in
guard_set.npz, which are of other babies, it finds {guard.taught} (before: {guard.served}). The card of the model that
came with Tears says how it was trained, and from what.
"""


@dataclass(frozen=True, kw_only=True)
class LessonNote:
    """What is kept of a lesson in the folder of the version that it made; the figures are those of `Lesson`.

    Attributes:
        made_at: ISO time with its zone.
        base_sha256: The digest of the model.tflite that it was compared with.
    """

    made_at: str
    base_sha256: str
    threshold: float
    crying: int
    other: int
    heard: Comparison
    false_alarms: Comparison
    guard_heard: Comparison
    guard_false_alarms: Comparison

    @property
    def figures(self) -> dict[str, float | None]:
        """The figures as a history of versions keeps them."""
        return {
            "heard": self.heard.taught / self.heard.total,
            "false_alarms": self.false_alarms.taught / self.false_alarms.total,
        }

    @property
    def reason(self) -> str:
        """Why it is better, in words."""
        return (
            f"it alerts for {self.heard.taught} of {self.heard.total} recordings of crying and "
            f"{self.false_alarms.taught} of {self.false_alarms.total} of other sounds, and the other for "
            f"{self.heard.served} and {self.false_alarms.served}"
        )


def write_taught_version(served: Path, guard: GuardSet, lesson: Lesson, target: Path) -> LessonNote:
    """Write the version of a lesson; in model.tflite only the head's bytes differ from the served version's.

    Raises:
        TeachingError: The lesson was refused.
        HeadError: The served version differs in more than its head from the model of the guard set.
        OSError: The target cannot be written; it must not exist.
    """
    if lesson.head is None or lesson.refusal is not None:
        raise TeachingError(f"there is nothing to write: {lesson.refusal}")
    content = (served / TFLITE_FILE).read_bytes()
    note = LessonNote(
        made_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        base_sha256=sha256_of(served / TFLITE_FILE),
        threshold=lesson.threshold,
        crying=lesson.crying,
        other=lesson.other,
        heard=lesson.heard,
        false_alarms=lesson.false_alarms,
        guard_heard=lesson.guard_heard,
        guard_false_alarms=lesson.guard_false_alarms,
    )
    card = _CARD.format(base=served.name, heard=note.heard, alarms=note.false_alarms, guard=note.guard_heard)
    texts = {
        LESSON_FILE: json.dumps({"format": LESSON_FORMAT, **asdict(note)}, indent=1) + "\n",
        "MODEL_CARD.md": card,
    }
    write_version_beside(served, guard.places.replace(content, lesson.head), target, texts)
    return note


def read_lesson_note(version: Path) -> LessonNote | None:
    """Read the note of a lesson in a version's folder; None if the version was not taught.

    Raises:
        TeachingError: There is a file, and it is no such note.
    """
    path = version / LESSON_FILE
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("format") != LESSON_FORMAT:
            raise TeachingError(f"{path} is of another version of Tears; teach again")
        compared = {name: Comparison(**value) for name, value in found.items() if isinstance(value, dict)}
        return LessonNote(**{**found, **compared})
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TeachingError(f"{path} is not the note of a lesson ({error!r}); teach again") from error
