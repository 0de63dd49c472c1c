"""A database file that several threads use at once, and that may be damaged, full or missing at any moment."""

import logging
import queue
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tears.journal.database.migrations import NewerDatabaseError
from tears.journal.database.opening import connect_to, move_aside, open_whole, rescue
from tears.journal.database.storage_faults import StorageFault, fault_of
from tears.journal.errors import StorageError
from tears.kit.clock import Clock
from tears.kit.files.sqlite import is_damage, transaction

logger = logging.getLogger(__name__)

# So many threads read at once; more of them wait. Each connection takes about 0.6 MiB.
MOST_READERS: Final = 4
# How often to try again to open a file that cannot be opened.
OPEN_AGAIN_SECONDS: Final = 5.0


class SqliteFile:
    """One connection that writes, and up to four that read. All methods may be called from any thread, and block.

    A file that is damaged, or of a newer release, is moved aside, and a new one begins with the rows that can be
    rescued. One that is deleted or replaced while it is open is opened again.
    """

    def __init__(self, path: Path, migrations: Sequence[str], clock: Clock) -> None:
        """Open the file, and make it if it does not exist. If that fails, it is tried again when it is used."""
        self.path = path
        self._migrations = migrations
        self._clock = clock
        self._lock = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        # Each opening of the file has a new pool; a reader of an earlier one is closed when it is given back.
        self._readers: queue.LifoQueue[sqlite3.Connection | None] = queue.LifoQueue()
        self._open_at_seconds = float("-inf")
        self._replaced = StorageFault.NONE
        self._failing = StorageFault.NONE
        with self._lock:
            self._ensure_open()

    @property
    def fault(self) -> StorageFault:
        """What is wrong: that it cannot be written now, or else that it was replaced since the start."""
        return self._failing if self._failing is not StorageFault.NONE else self._replaced

    @property
    def size_bytes(self) -> int:
        """The size of the file, with what is in its log so far."""
        total = 0
        for place in (self.path, self.path.with_name(f"{self.path.name}-wal")):
            with suppress(OSError):
                total += place.stat().st_size
        return total

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the writing connection in a transaction, which is on the disk at the end of the block.

        Raises:
            StorageError: the file cannot be written; nothing of the block is kept.
        """
        with self._lock:
            self._open_at_seconds = float("-inf")
            if not self._ensure_open() or self._writer is None:
                raise StorageError(self._failing.value)
            try:
                with transaction(self._writer) as connection:
                    yield connection
            except sqlite3.IntegrityError:
                # The caller's values contradict the file: it is whole.
                raise
            except sqlite3.Error as error:
                self._note(error)
                raise StorageError(self._failing.value or self._replaced.value) from error
            if self._failing is not StorageFault.NONE:
                logger.info("%s can be written again", self.path)
                self._failing = StorageFault.NONE

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to read; in the block, everything is as it was at its start.

        Raises:
            StorageError: the file cannot be read.
        """
        with self._lock:
            if not self._ensure_open():
                raise StorageError(self._failing.value)
            readers = self._readers
        connection = readers.get()
        try:
            connection = connection or connect_to(self.path)
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                with suppress(sqlite3.Error):
                    connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
                connection = None
            with self._lock:
                if readers is self._readers:
                    self._note(error)
            raise StorageError(self.fault.value) from error
        finally:
            if connection is not None and readers is not self._readers:
                connection.close()
                connection = None
            readers.put(connection)

    def close(self) -> None:
        """Close all connections; the file can be opened again by using it."""
        with self._lock:
            self._close()

    def _ensure_open(self) -> bool:
        """Open the file if it is not open, or is another one by now; return whether it is open."""
        if self._writer is not None and self._inode == self._inode_of_path():
            return True
        if self._writer is not None:
            logger.warning("%s was replaced while it was open; it is opened again", self.path)
            self._close()
        now = self._clock.monotonic_seconds()
        if now < self._open_at_seconds:
            return False
        self._open_at_seconds = now + OPEN_AGAIN_SECONDS
        try:
            self._open()
        except (sqlite3.Error, OSError) as error:
            self._note(error)
            return False
        return True

    def _open(self) -> None:
        """Open the file, after one that cannot be used was moved aside."""
        try:
            self._open_writer()
        except NewerDatabaseError as error:
            self._begin_anew("newer", error)
            self._replaced = StorageFault.NEWER
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            aside = self._begin_anew("damaged", error)
            self._replaced = StorageFault.DAMAGED
            logger.warning("%d rows of %s are in the new file", rescue(aside, self._open_writer()), aside)
        self._open_writer()
        self._inode = self._inode_of_path()
        self._readers = queue.LifoQueue()
        for _ in range(MOST_READERS):
            self._readers.put(None)

    def _open_writer(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = open_whole(self.path, self._migrations)
        return self._writer

    def _begin_anew(self, why: str, error: Exception) -> Path:
        """Move the file aside and return its new path."""
        aside = move_aside(self.path, why)
        logger.warning("%s cannot be used (%s); it is kept as %s, and a new one begins", self.path, error, aside)
        return aside

    def _note(self, error: sqlite3.Error | OSError) -> None:
        """Note that the file cannot be used; one that is damaged is closed, so that its next user replaces it."""
        fault = fault_of(error)
        if fault is not self._failing:
            logger.warning("%s cannot be used: %s", self.path, error)
        self._failing = fault
        if is_damage(error):
            self._close()
            self._open_at_seconds = float("-inf")

    def _close(self) -> None:
        if self._writer is not None:
            with suppress(sqlite3.Error):
                self._writer.close()
        self._writer = None
        readers, self._readers = self._readers, queue.LifoQueue()
        idle = []
        with suppress(queue.Empty):
            while True:
                idle.append(readers.get_nowait())
        for reader in idle:
            if reader is not None:
                reader.close()
            # Somebody may wait for it: its place is there, for a connection to the file that comes next.
            readers.put(None)

    def _inode_of_path(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
