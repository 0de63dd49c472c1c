"""The file that keeps the nights: a SQLite database beside the state file, so that nothing in it can delay an alert.

Whoever wants to read it opens it read-only, also while the alerter writes.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from tears.alerter.database import connect_database
from tears.alerter.errors import StateError
from tears.alerter.nights.minutes import laid_over
from tears.alerter.nights.notes import NightEpisode, TakenNotes
from tears.kit.calendar.nights import Night
from tears.kit.files import PRIVATE_FILE_MODE, make_private
from tears.kit.files.sqlite import check_whole, is_damage, transaction

logger = logging.getLogger(__name__)

# 26 MB: 28 nights of seven rooms. With more rooms fewer nights are kept.
MOST_MINUTES: Final = 200_000
MOST_EPISODES: Final = 50_000
_NIGHT_FILE_SUFFIX: Final = ".nights.sqlite"
_NIGHT_TABLES: Final = """
CREATE TABLE IF NOT EXISTS minutes (minute INTEGER, mic TEXT, windows BLOB NOT NULL, PRIMARY KEY (minute, mic))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS episodes (episode_id TEXT PRIMARY KEY, mic TEXT NOT NULL, started_seconds REAL NOT NULL,
    ended_seconds REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS due_notes (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT NOT NULL UNIQUE, at_seconds REAL);
CREATE INDEX IF NOT EXISTS episodes_by_time ON episodes (started_seconds)"""


def night_file_of(state_path: Path) -> Path:
    """Return the night file of an alerter with this state file."""
    return state_path.with_name(f"{state_path.name.removesuffix('.sqlite')}{_NIGHT_FILE_SUFFIX}")


class NightFile:
    """The connection of one thread. All methods raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, notes: TakenNotes) -> None:
        """Write notes; what is there of the same minutes stays too."""
        with transaction(self._connection) as connection:
            for (mic, minute), windows in notes.minutes.items():
                row = connection.execute(
                    "SELECT windows FROM minutes WHERE minute = ? AND mic = ?", (minute, mic)
                ).fetchone()
                merged = laid_over(row[0], windows) if row else windows
                connection.execute("INSERT OR REPLACE INTO minutes VALUES (?, ?, ?)", (minute, mic, merged))
            connection.executemany(
                # An episode that is closed here is not opened again by a message that was read once more.
                "INSERT INTO episodes VALUES (?, ?, ?, ?) ON CONFLICT (episode_id) DO UPDATE "
                "SET ended_seconds = coalesce(excluded.ended_seconds, ended_seconds)",
                [(one.episode_id, one.mic, one.started_seconds, one.ended_seconds) for one in notes.episodes],
            )

    def add_due_notes(self, texts: Sequence[str], at_seconds: float) -> None:
        """Add notes for the diary; one that waits already stays as it is."""
        with transaction(self._connection) as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO due_notes (note, at_seconds) VALUES (?, ?)",
                [(text, at_seconds) for text in texts],
            )

    def due_notes(self) -> list[tuple[int, str, float]]:
        """Return the notes that wait for the diary, the oldest first, with their rows and wall clocks."""
        return self._connection.execute("SELECT id, note, at_seconds FROM due_notes ORDER BY id").fetchall()

    def remove_due_note(self, row: int) -> None:
        """Delete a note that is in the diary, or never will be."""
        self._connection.execute("DELETE FROM due_notes WHERE id = ?", (row,))

    def forget_before(self, first: Night) -> None:
        """Delete the nights before this one, and the oldest above the bounds."""
        with transaction(self._connection) as connection:
            connection.execute("DELETE FROM minutes WHERE minute < ?", (first.starts_seconds // 60,))
            connection.execute("DELETE FROM episodes WHERE started_seconds < ?", (first.starts_seconds - 86_400,))
            for table, column, most in (
                ("minutes", "minute", MOST_MINUTES),
                ("episodes", "started_seconds", MOST_EPISODES),
            ):
                (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - our own names
                if rows > most:
                    connection.execute(
                        f"DELETE FROM {table} WHERE {column} <= "  # noqa: S608 - our own names
                        f"(SELECT {column} FROM {table} ORDER BY {column} LIMIT 1 OFFSET ?)",
                        (rows - most - 1,),
                    )

    def minutes(self, from_seconds: float, until_seconds: float) -> dict[str, dict[int, bytes]]:
        """Return the minutes that begin in this time, by microphone and number of the minute."""
        found: dict[str, dict[int, bytes]] = {}
        for mic, minute, windows in self._connection.execute(
            "SELECT mic, minute, windows FROM minutes WHERE minute >= ? AND minute < ? ORDER BY minute",
            (from_seconds / 60, until_seconds / 60),
        ):
            found.setdefault(mic, {})[minute] = windows
        return found

    def heard_minutes(self, from_seconds: float, until_seconds: float) -> dict[str, list[int]]:
        """Return the numbers of the minutes of `minutes`, by microphone, without their content."""
        found: dict[str, list[int]] = {}
        for mic, minute in self._connection.execute(
            "SELECT mic, minute FROM minutes WHERE minute >= ? AND minute < ? ORDER BY minute",
            (from_seconds / 60, until_seconds / 60),
        ):
            found.setdefault(mic, []).append(minute)
        return found

    def episodes(self, from_seconds: float, until_seconds: float) -> list[NightEpisode]:
        """Return the episodes that began before the end of this time and did not end before its start, in order.

        One whose end was never noted, because of a power cut for example, counts only where it began.
        """
        rows = self._connection.execute(
            "SELECT episode_id, mic, started_seconds, ended_seconds FROM episodes WHERE started_seconds < ? "
            "AND coalesce(ended_seconds, started_seconds) >= ? ORDER BY started_seconds",
            (until_seconds, from_seconds),
        )
        return [NightEpisode(*row) for row in rows]


@contextmanager
def written_night_file(path: Path, *, is_checked: bool = False) -> Iterator[NightFile]:
    """Open the file for its one writer, and make it if it does not exist. One that is damaged is moved aside.

    With `is_checked`, the caller has read all of it before, so that is not done again.

    Raises:
        sqlite3.Error: it cannot be opened or made.
        OSError: its folder cannot be made, a pipe is in its place, or a damaged file cannot be moved.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = _opened(path, is_checked=is_checked)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        aside = path.with_name(f"{path.name}.unreadable")
        logger.error("the night file %s is damaged (%s); it is kept as %s, and a new one begins", path, error, aside)  # noqa: TRY400 - no fault of the code
        path.replace(aside)
        connection = _opened(path, is_checked=True)
    with closing(connection):
        yield NightFile(connection)


@contextmanager
def read_night_file(path: Path) -> Iterator[NightFile]:
    """Open the file to read it only.

    Raises:
        StateError: there is none, or it cannot be read.
    """
    try:
        is_there = path.is_file()
    except PermissionError as error:
        raise StateError(f"{path} is closed to this user; ask as the alerter's: sudo -u tears") from error
    if not is_there:
        raise StateError(f"there is no {path}; an alerter makes it in its first night")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT count(*) FROM episodes")
            yield NightFile(connection)
    except sqlite3.Error as error:
        raise StateError(f"{path} cannot be read: {error}") from error


def _opened(path: Path, *, is_checked: bool) -> sqlite3.Connection:
    make_private(path, PRIVATE_FILE_MODE)
    connection = connect_database(path)
    try:
        with transaction(connection):
            for statement in _NIGHT_TABLES.split(";\n"):
                connection.execute(statement)
        if not is_checked:
            check_whole(connection)
    except BaseException:
        connection.close()
        raise
    return connection
