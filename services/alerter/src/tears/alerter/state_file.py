"""The alerter's database for as long as it runs: its file, or memory while the file cannot be used.

A file that is damaged or of another release is moved aside. A file that was deleted, emptied or replaced is made again
from what is still known. While no file can be written, the alerter continues in memory and tries again. It ends for
none of these reasons, because a parent must be alerted all the same.
"""

import logging
import os
import sqlite3
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Self

from tears.alerter.database import connect_database, make_tables, new_memory_place, owned_database
from tears.alerter.errors import StateError, StateInUseError, UnreadableStateError
from tears.alerter.notices.keeping import Keeping, KeepingReport
from tears.alerter.notices.outbox import Outbox
from tears.alerter.state import AlerterState
from tears.kit.clock import Clock
from tears.kit.files.sqlite import is_damage, transaction

logger = logging.getLogger(__name__)

# How often to look whether the file is still there.
LOOK_SECONDS = 1.0
# A file that takes no commit for this long is given up for now: until then notices are sent unsaved, but no episode is
# published.
GIVE_UP_SECONDS = 30.0
# How often to try to return from memory to the file.
RETURN_SECONDS = 60.0
# SQLite keeps a database in these files, and they belong together.
_DATABASE_SUFFIXES = ("", "-journal", "-wal", "-shm")
# So many unreadable files are kept; the next one replaces the last.
_MOST_UNREADABLE_FILES = 9


class StateFile:
    """Owns the database. Its methods belong to one thread; the others open connections of their own to `place`.

    Attributes:
        connection: to the database in use; another one after `has_moved_after()` has returned True.
        place: the database in use, for `connect_database`.
        reports: what a parent should be told, the oldest first; the caller takes them out.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open the file, or go on in memory.

        Raises:
            StateInUseError: another alerter has it.
        """
        self._path = path
        self._clock = clock
        self._resources = ExitStack()
        self._identity: tuple[int, int] | None = None
        self._failing_since_seconds: float | None = None
        self._look_at_seconds = float("-inf")
        self._largest_bytes = 0
        # The file at the path has content that is not in the database in use.
        self._is_file_unread = False
        # An unreadable file whose notices are in no other database yet.
        self._unrescued: Path | None = None
        self.reports: list[KeepingReport] = []
        self.place: Path | str = path
        try:
            self.connection = self._open_file()
        except StateInUseError:
            raise
        except StateError as error:
            self.connection = self._open_memory(str(error))

    @property
    def is_in_memory(self) -> bool:
        """Return whether the state is kept in memory only."""
        return isinstance(self.place, str)

    def has_moved(self, *, at_once: bool = False) -> bool:
        """Return whether another database has taken the place of the one in use, so that all must be saved again.

        It looks at the file once a second, and tries to return to it once a minute. What the new database lacks of the
        old one is lost. With `at_once`, it looks at the file now.
        """
        now_seconds = self._clock.monotonic_seconds()
        if now_seconds < self._look_at_seconds and not at_once:
            return False
        self._look_at_seconds = now_seconds + LOOK_SECONDS
        if self.is_in_memory:
            return self._return_to_file()
        if self._is_in_place():
            return False
        self._write_again()
        return True

    def has_moved_after(self, error: sqlite3.Error) -> bool:
        """Note that a commit has failed, and return whether another database has taken the place of the one in use."""
        now_seconds = self._clock.monotonic_seconds()
        if self._failing_since_seconds is None:
            self._failing_since_seconds = now_seconds
        if not self.is_in_memory and not self._is_in_place():
            self._write_again()
        elif not self.is_in_memory and is_damage(error):
            reason = f"the state file {self._path} is damaged: {error}"
            logger.error("%s; it is written again", reason)
            self.reports.append(KeepingReport(Keeping.BEGUN_ANEW, reason))
            self._replace(reason=reason)
        elif now_seconds - self._failing_since_seconds >= GIVE_UP_SECONDS:
            self._replace(reason=f"the state file {self._path} cannot be written: {error}", is_file_usable=False)
        else:
            return False
        return True

    def note_commit(self) -> None:
        """Note that a commit has succeeded."""
        self._failing_since_seconds = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def _open_file(self) -> sqlite3.Connection:
        """Return a connection to the file; a new file if the one there is unreadable. Raise StateError."""
        try:
            connection = self._own_file()
        except UnreadableStateError as error:
            aside = self._unrescued = self._move_aside(error)
            logger.error("%s; it is kept as %s, and a new one begins", error, aside)  # noqa: TRY400 - no fault of the code
            self.reports.append(KeepingReport(Keeping.BEGUN_ANEW, str(error)))
            connection = self._own_file()
            try:
                self._rescue(connection)
            except sqlite3.Error as rescue_error:
                # Without its lock, or it could not be opened again later.
                self._resources.close()
                raise StateError(f"the state file {self._path} cannot be written: {rescue_error}") from rescue_error
        self.place = self._path
        found = self._path.stat()
        self._identity, self._largest_bytes = (found.st_dev, found.st_ino), found.st_size
        self._failing_since_seconds = None
        return connection

    def _rescue(self, connection: sqlite3.Connection) -> None:
        if self._unrescued is not None:
            rescued = rescue_notices(self._unrescued, connection)
            self._unrescued = None
            logger.warning("%d notices that were not delivered could still be read", rescued)

    def _own_file(self) -> sqlite3.Connection:
        return self._resources.enter_context(owned_database(self._path, check=load))

    def _open_memory(self, reason: str) -> sqlite3.Connection:
        """Return a connection to a database in memory, with the content of the file if that can be read."""
        logger.error("%s; the state is kept in memory until it can", reason)
        self.reports.append(KeepingReport(Keeping.IN_MEMORY, reason))
        self.place = new_memory_place()
        connection = self._resources.enter_context(closing(connect_database(self.place)))
        if not self._is_copied_from_file(connection):
            self._is_file_unread = True
        make_tables(connection)
        self._rescue(connection)
        self._look_at_seconds = self._clock.monotonic_seconds() + RETURN_SECONDS
        self._failing_since_seconds = None
        return connection

    def _is_copied_from_file(self, target: sqlite3.Connection) -> bool:
        # SQLite would wait for whoever writes to a pipe.
        if not os.path.isfile(self._path):  # noqa: PTH113 - Path.is_file raises for a folder that is closed to us
            return False
        # A file on a disk that is read-only can still be read.
        try:
            with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as source:
                return is_copied(source, target)
        except sqlite3.Error:
            return False

    def _return_to_file(self) -> bool:
        self._look_at_seconds = self._clock.monotonic_seconds() + RETURN_SECONDS
        memory, memory_place = self.connection, self.place
        held, self._resources = self._resources, ExitStack()
        try:
            connection = self._open_file()
            if self._is_file_unread:
                self._resources.close()
                self._move_aside(StateError(f"the state file {self._path} has not been read"))
                connection = self._open_file()
        except StateError as error:
            logger.warning("%s; the state is still kept in memory", error)
            self._resources.close()
            self._resources, self.place = held, memory_place
            return False
        if not is_copied(memory, connection):
            logger.warning("the state file %s has no room; the state is still kept in memory", self._path)
            self._resources.close()
            self._resources, self.place = held, memory_place
            return False
        held.close()
        self.connection, self._is_file_unread = connection, False
        logger.warning("the state file %s can be written again", self._path)
        self.reports.append(KeepingReport(Keeping.ON_DISK, ""))
        return True

    def _write_again(self) -> None:
        """Make the file again. Nothing is lost with it that the alerter does not know, so no parent is told."""
        logger.error("the state file %s was deleted, emptied or replaced; it is written again", self._path)
        self._replace()

    def _replace(self, *, reason: str = "", is_file_usable: bool = True) -> None:
        """Put a new database into the place of the one in use, with what can still be read of it."""
        with closing(connect_database(new_memory_place())) as copy:
            has_copy = is_copied(self.connection, copy)
            self._resources.close()
            self.connection = self._open_new(reason, is_file_usable=is_file_usable, is_kept=has_copy)
            if has_copy and not is_copied(copy, self.connection):
                self._resources.close()
                self.connection = self._open_memory(f"the state file {self._path} has no room")
                is_copied(copy, self.connection)
            if has_copy:
                self._is_file_unread = False

    def _open_new(self, reason: str, *, is_file_usable: bool, is_kept: bool) -> sqlite3.Connection:
        if not is_file_usable:
            return self._open_memory(reason)
        try:
            if not is_kept and self._path.exists():
                self._move_aside(StateError(reason))
            return self._open_file()
        except StateInUseError:
            raise
        except StateError as error:
            return self._open_memory(str(error))

    def _is_in_place(self) -> bool:
        try:
            found = self._path.stat()
        except OSError:
            return False
        # SQLite never makes the file smaller here.
        is_cut, self._largest_bytes = found.st_size < self._largest_bytes, max(self._largest_bytes, found.st_size)
        return (found.st_dev, found.st_ino) == self._identity and not is_cut

    def _move_aside(self, error: StateError) -> Path:
        """Rename an unreadable file, so that nothing is lost; raise StateError if that is impossible."""
        names = [self._path.with_name(f"{self._path.name}.unreadable-{k + 1}") for k in range(_MOST_UNREADABLE_FILES)]
        aside = next((one for one in names if not one.exists()), names[-1])
        try:
            for suffix in _DATABASE_SUFFIXES:
                file = Path(f"{self._path}{suffix}")
                if file.exists():
                    file.rename(f"{aside}{suffix}")
        except OSError as moving_error:
            raise StateError(f"{error}, and it cannot be moved away ({moving_error})") from moving_error
        return aside


def load(connection: sqlite3.Connection) -> None:
    """Raise StateError if this release cannot read what is stored."""
    AlerterState(connection, Outbox(connection, [])).load()


def rescue_notices(source: Path, target: sqlite3.Connection) -> int:
    """Copy the notices that wait in an unreadable file, as far as they can be read; return how many.

    Raises:
        sqlite3.Error: `target` cannot be written; then none is copied.
    """
    columns = "target, key, title, body, kind"
    rows: list[tuple[str, ...]] = []
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as damaged:
            # One by one, because the next may be on the damaged page.
            rows.extend(damaged.execute(f"SELECT {columns} FROM notices ORDER BY id"))  # noqa: S608 - our own names
    except sqlite3.Error as error:
        logger.debug("not all notices in %s can be read: %s", source, error)
    whole = [row for row in rows if all(isinstance(value, str) for value in row)]
    with transaction(target):
        target.executemany(f"INSERT OR IGNORE INTO notices ({columns}) VALUES (?, ?, ?, ?, ?)", whole)  # noqa: S608
    return len(whole)


def is_copied(source: sqlite3.Connection, target: sqlite3.Connection) -> bool:
    """Replace the content of one database by that of another; return False, with an empty one, if that is damaged.

    It also returns False if the other database cannot be written; then its content is of no use.
    """
    try:
        source.backup(target)
        (whole,) = target.execute("PRAGMA integrity_check(1)").fetchone()
        if whole == "ok":
            load(target)
            return True
    except (sqlite3.Error, StateError):
        pass
    with closing(sqlite3.connect(":memory:")) as empty, suppress(sqlite3.Error):
        empty.backup(target)
    return False
