"""The history file: what pages and the API read and write of it. Safe to use from any thread."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Final, TypeVar

from tears.journal.database import SqliteFile, load_migrations
from tears.journal.errors import HistoryFileError, StorageError
from tears.journal.history import figures, reading, writing
from tears.journal.history.heard_notes import HeardNotes
from tears.journal.history.records import (
    DayFigures,
    KeptClip,
    KeptEpisode,
    KeptStretch,
    NearMiss,
    NightSeries,
    ParentLabel,
    Verdict,
)
from tears.kit.calendar.nights import ONE_DAY, Night, local_seconds
from tears.kit.clock import Clock

logger = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT")

HISTORY_FILE_NAME: Final = "history.sqlite3"
# A parent marks minutes, not days.
LONGEST_LABEL_SECONDS: Final = 3_600.0


class HistoryFile:
    """One SQLite file with one writer; each reader borrows a connection of its own.

    Every method blocks on the disk, so a request calls it in the thread pool, never in the event loop. While the file
    cannot be used, methods that read return nothing, methods that write raise HistoryFileError, and `fault` has the
    reason and the cure in words for a parent.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open the file, and make it if it does not exist; one that cannot be used ends nothing."""
        self._clock = clock
        self._file = SqliteFile(path, load_migrations("tears.journal.history.migrations"), clock)

    @property
    def fault(self) -> str:
        """What is wrong with the file, in words for a parent, which are also the key of their translation; or empty."""
        return self._file.fault.value

    @property
    def size_bytes(self) -> int:
        """The size of the history on the disk."""
        return self._file.size_bytes

    def close(self) -> None:
        """Close the file; it is opened again when it is used."""
        self._file.close()

    def episode(self, episode_id: str) -> KeptEpisode | None:
        """Return an episode; None if there is none with this id."""
        return self._read(lambda connection: reading.read_episode(connection, episode_id), None)

    def near_miss(self, near_miss_id: str) -> NearMiss | None:
        """Return a near miss; None if there is none with this id."""
        return self._read(lambda connection: reading.read_near_miss(connection, near_miss_id), None)

    def episodes(self, mic: str | None, from_at: float, to_at: float) -> list[KeptEpisode]:
        """Return the episodes of one room, or of all, that began or went on in this time, the earliest first."""
        return self._read(lambda connection: reading.read_episodes(connection, mic, from_at, to_at), [])

    def open_episodes(self, since: float) -> list[KeptEpisode]:
        """Return the episodes that began since then and whose end is not known, the earliest first."""
        return self._read(lambda connection: reading.read_open_episodes(connection, since), [])

    def near_misses(self, mic: str | None, from_at: float, to_at: float) -> list[NearMiss]:
        """Return the near misses of one room, or of all, that began or went on in this time, the earliest first."""
        return self._read(lambda connection: reading.read_near_misses(connection, mic, from_at, to_at), [])

    def mics(self) -> list[str]:
        """Return the microphones of which anything is known, by the names of their rooms."""
        return self._read(reading.read_mics, [])

    def series(self, mic: str, from_at: float, to_at: float) -> NightSeries:
        """Return the scores and levels of one room, from the whole second at `from_at`, for eight days at most."""
        unheard = reading.unheard_series(mic, from_at, to_at)
        return self._read(lambda connection: reading.read_series(connection, mic, from_at, to_at), unheard)

    def night(self, evening: dt.date) -> KeptStretch:
        """Return the night that began in this evening, 18:00 to 10:00."""
        night = Night(evening)
        return self.stretch(night.starts_seconds, night.ends_seconds)

    def day(self, date: dt.date) -> KeptStretch:
        """Return a day from midnight to midnight."""
        return self.stretch(local_seconds(date, 0), local_seconds(date + ONE_DAY, 0))

    def stretch(self, from_at: float, to_at: float) -> KeptStretch:
        """Return all that is known of the rooms in a time."""
        nothing = KeptStretch(from_at=from_at, to_at=to_at, rooms=())
        return self._read(lambda connection: figures.read_stretch(connection, from_at, to_at), nothing)

    def days(self, first: dt.date, last: dt.date) -> list[DayFigures]:
        """Return the figures of the days from `first` to `last`, by day and room; rooms without anything left out."""
        days = figures.days_between(first, last)
        return self._read(lambda connection: figures.read_figures(connection, days), [])

    def nights(self, first: dt.date, last: dt.date) -> list[DayFigures]:
        """Return the figures of the nights, by the dates of their evenings, as `days` does."""
        nights = figures.nights_between(first, last)
        return self._read(lambda connection: figures.read_figures(connection, nights), [])

    def labels(self, from_at: float = 0.0, to_at: float = float("inf")) -> list[ParentLabel]:
        """Return what the parents have said of sounds in this time, the earliest sound first."""
        return self._read(lambda connection: reading.read_labels(connection, from_at, to_at), [])

    def find_label(self, label_id: str) -> ParentLabel | None:
        """Return a label, or the mark with this id; None if there is none."""
        return self._read(lambda connection: reading.read_label(connection, label_id), None)

    def clip(self, clip_id: str) -> KeptClip:
        """Return what is known of the clip of an episode, a near miss or a mark."""
        return self._read(lambda connection: reading.read_clip(connection, clip_id), KeptClip())

    def given_names(self) -> dict[str, str] | None:
        """Return the names that parents have given to rooms, by microphone; None if they cannot be read.

        The name is empty if a parent has taken it away.
        """
        return self._read(reading.read_given_names, None)

    def name_room(self, mic: str, name: str) -> None:
        """Keep the name of a room; an empty one takes it away. Raises HistoryFileError as `label` does."""
        with self._storage(), self._file.writing() as connection:
            writing.write_given_name(connection, mic, name)

    def is_deleted(self, event_id: str) -> bool:
        """Return whether a parent has deleted an episode, a near miss or a mark: its sound must not come back."""
        return self._read(lambda connection: reading.is_deleted(connection, event_id), nothing=False)

    def number(self) -> int:
        """Return a number, not 0, by which this file is known from one that begins anew. Raises as `label` does."""
        with self._storage(), self._file.writing() as connection:
            return writing.number_file(connection)

    def kept_for_good(self) -> set[str]:
        """Return the ids of the clips that no limit deletes: of what is starred or labelled.

        Raises:
            HistoryFileError: the file cannot be read, so nobody knows which clips may be deleted.
        """
        with self._storage(), self._file.reading() as connection:
            return reading.read_kept_for_good(connection)

    def label(
        self,
        mic: str,
        from_at: float,
        to_at: float,
        verdict: Verdict,
        *,
        made_by: str,
        episode_id: str | None = None,
        near_miss_id: str | None = None,
    ) -> ParentLabel:
        """Keep what a parent says of a sound; it is on the disk when this returns.

        A second label of the same episode or near miss replaces the first. A label without either is a mark.

        Raises:
            HistoryFileError: the file cannot be written; there is no such episode or near miss; or it ends before it
                begins, or is longer than an hour.
        """
        if not 0.0 <= to_at - from_at <= LONGEST_LABEL_SECONDS and not (episode_id or near_miss_id):
            raise HistoryFileError("Choose a time of up to an hour that ends after it begins.")
        label = ParentLabel(
            id=str(uuid.uuid4()),
            mic=mic,
            from_at=from_at,
            to_at=to_at,
            verdict=verdict,
            made_by=made_by,
            made_at=self._clock.wall_seconds(),
            episode_id=episode_id,
            near_miss_id=near_miss_id,
        )
        with self._storage(), self._file.writing() as connection:
            if episode_id is not None and reading.read_episode(connection, episode_id) is None:
                raise HistoryFileError("There is no such episode; perhaps it was deleted.")
            if near_miss_id is not None and reading.read_near_miss(connection, near_miss_id) is None:
                raise HistoryFileError("There is no such near miss; perhaps it was deleted.")
            writing.write_label(connection, label)
        return label

    def unlabel(self, label_id: str) -> bool:
        """Forget a label; return whether there was one. Raises HistoryFileError as `label` does."""
        with self._storage(), self._file.writing() as connection:
            return bool(connection.execute("DELETE FROM labels WHERE id = ?", (label_id,)).rowcount)

    def star(self, episode_id: str, *, starred: bool) -> bool:
        """Star an episode, so that it stays whatever its age, or no longer; return whether there is one."""
        with self._storage(), self._file.writing() as connection:
            found = connection.execute("UPDATE episodes SET starred = ? WHERE id = ?", (starred, episode_id))
            return bool(found.rowcount)

    def delete(self, event_id: str) -> bool:
        """Delete an episode, a near miss or a mark for good, with its label; return whether there was one.

        The caller deletes its clip. What Redis still has of it does not bring it back.
        """
        with self._storage(), self._file.writing() as connection:
            return writing.delete_event(connection, event_id, self._clock.wall_seconds())

    def set_clip(self, clip_id: str, clip: KeptClip) -> None:
        """Note what became of the clip of an episode, a near miss or a mark. Raises as `label` does."""
        with self._storage(), self._file.writing() as connection:
            writing.write_clip(connection, clip_id, clip)

    def write(self, notes: HeardNotes) -> None:
        """Write what the follower has heard, and how far it has read, in one commit. Raises as `label` does."""
        with self._storage(), self._file.writing() as connection:
            writing.write_notes(connection, notes)

    def places(self) -> dict[str, str]:
        """Return how far each stream of Redis has been read."""
        return self._read(reading.read_places, {})

    def forget_before(self, at: float) -> None:
        """Delete what is older; starred episodes and what a parent has labelled stay. Raises as `label` does."""
        with self._storage(), self._file.writing() as connection:
            writing.forget_before(connection, at)

    def _read(self, read: Callable[[Connection], AnswerT], nothing: AnswerT) -> AnswerT:
        try:
            with self._file.reading() as connection:
                return read(connection)
        except StorageError as error:
            logger.debug("the history cannot be read: %s", error)
            return nothing

    @contextmanager
    def _storage(self) -> Iterator[None]:
        try:
            yield
        except StorageError as error:
            raise HistoryFileError(str(error)) from error
