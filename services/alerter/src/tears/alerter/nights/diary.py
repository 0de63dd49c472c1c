"""The notes that still have to be written into the parents' diary: kept in the night file, and tried for two days."""

import logging
from dataclasses import dataclass, field
from typing import Final, Protocol

from tears.alerter.errors import DiaryError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.night_file import NightFile
from tears.kit.clock import Clock

logger = logging.getLogger(__name__)

# A diary that is down for an evening gets the note all the same.
DIARY_RETRY_SECONDS: Final = 300.0
MOST_NOTE_AGE_SECONDS: Final = 2 * 86_400.0


class Diary(Protocol):
    """Where notes are written."""

    def add_note(self, text: str, at_seconds: float) -> None:
        """Add a note once, however often it is called with it; raise DiaryError."""


@dataclass
class DiaryNotes:
    """Writes the notes that are due. It belongs to the keeper's thread."""

    diary: Diary
    metrics: AlerterMetrics
    clock: Clock
    _next_try_seconds: float = field(default=float("-inf"), init=False)

    @property
    def is_time(self) -> bool:
        """Whether to look for notes that are due."""
        return self.clock.monotonic_seconds() >= self._next_try_seconds

    def write_due(self, file: NightFile) -> None:
        """Write the notes that are due; after a failure, all wait for some minutes. Raises sqlite3.Error."""
        self._next_try_seconds = self.clock.monotonic_seconds() + DIARY_RETRY_SECONDS
        for row, text, at_seconds in file.due_notes():
            if self.clock.wall_seconds() - at_seconds > MOST_NOTE_AGE_SECONDS:
                logger.warning("a note for the diary is too old, and is dropped")
                self.metrics.nights.diary_notes.labels("dropped").inc()
                file.remove_due_note(row)
                continue
            try:
                self.diary.add_note(text, at_seconds)
            except DiaryError as error:
                logger.warning("the night is not in the diary yet: %s", error)
                self.metrics.nights.diary_notes.labels("failed").inc()
                return
            self.metrics.nights.diary_notes.labels("written").inc()
            file.remove_due_note(row)

    def hurry(self) -> None:
        """Look at once: there is a new note."""
        self._next_try_seconds = float("-inf")
