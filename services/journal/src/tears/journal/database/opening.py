"""Open a database file, make it if it does not exist, and move one aside that cannot be used."""

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from tears.journal.database.migrations import NewerDatabaseError, migrate
from tears.kit.files import PRIVATE_FILE_MODE, make_private
from tears.kit.files.sqlite import check_whole, is_damage, transaction

logger = logging.getLogger(__name__)

# How long one connection waits for another one's write.
BUSY_SECONDS: Final = 5.0
# A folder for what was heard at home.
PRIVATE_FOLDER_MODE: Final = 0o700
# A page cache of 512 KiB for each connection: a Pi has little memory, and the operating system caches the file as well.
_CACHE_KIBIBYTES: Final = 512
# Three hours of a room fit on a page, and only one on the usual page of 4 096 bytes.
_PAGE_BYTES: Final = 8_192
# What may be left of the log after it was copied into the file.
_MOST_LOG_BYTES: Final = 4_000_000
# SQLite keeps these beside a file while it is open; after a power cut they hold what is not in the file yet.
_COMPANIONS: Final = ("-wal", "-shm")


def connect_to(path: Path) -> sqlite3.Connection:
    """Return a connection, which one thread at a time may use; raise sqlite3.Error.

    Several may read while one writes (a write-ahead log). A commit returns when it is on the disk.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        # Of a new file.
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_MOST_LOG_BYTES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


def open_whole(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """Return a connection to a file that was read once from end to end, and that has all migrations.

    Raises:
        NewerDatabaseError: it is of a newer release.
        sqlite3.Error: it cannot be opened, or `is_damage`.
        OSError: its folder or the file cannot be made.
    """
    path.parent.mkdir(PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
    # SQLite gives the files beside it the same mode.
    make_private(path, PRIVATE_FILE_MODE)
    connection = connect_to(path)
    try:
        check_whole(connection)
        migrate(connection, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def move_aside(path: Path, why: str) -> Path:
    """Rename a file, and what SQLite keeps beside it, to `NAME.why-1`, or the next free number; return the new path.

    Raises:
        OSError: it cannot be renamed.
    """
    number = 1
    while (aside := path.with_name(f"{path.name}.{why}-{number}")).exists():
        number += 1
    # The log first: a new file that finds the log of another one would take it for its own.
    for companion in _COMPANIONS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + companion).replace(aside.with_name(aside.name + companion))
    path.replace(aside)
    return aside


def rescue(damaged: Path, connection: sqlite3.Connection) -> int:
    """Copy the rows that can still be read of a damaged file into the same tables of a new one; return how many.

    Only tables and columns that both have are copied. Whatever goes wrong ends the copy of a table, and nothing else.
    """
    rescued = 0
    try:
        old = sqlite3.connect(damaged, isolation_level=None)
    except sqlite3.Error:
        return 0
    with closing(old):
        for table in [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]:
            try:
                rescued += _rescue_table(old, connection, table)
            except sqlite3.Error as error:
                logger.warning("not all of the table %s in %s could be read: %s", table, damaged, error)
    return rescued


def _rescue_table(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> int:
    theirs, ours = ({row[1] for row in one.execute(f"PRAGMA table_info({table})")} for one in (old, new))
    columns = ", ".join(sorted(theirs & ours))
    if not columns:
        return 0
    places = ", ".join("?" * len(theirs & ours))
    rescued = 0
    cursor = old.execute(f"SELECT {columns} FROM {table}")  # noqa: S608 - names of our own tables
    insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - as above
    with transaction(new):
        try:
            for row in cursor:
                rescued += new.execute(insert, row).rowcount
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            logger.warning("%s is damaged in the middle: %s", table, error)
    return rescued


__all__ = ["NewerDatabaseError", "connect_to", "move_aside", "open_whole", "rescue"]
