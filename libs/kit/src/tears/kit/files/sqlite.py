"""SQLite files: changes that are made together or not at all, and what a damaged file answers."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_DAMAGE_CODES: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Commit everything that the block writes, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # After a full disk SQLite has rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def is_damage(error: Exception) -> bool:
    """Return whether an error says that the content of the database is not what was written."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return False
    # An emptied file has no tables.
    return code & 0xFF in _DAMAGE_CODES or code == sqlite3.SQLITE_IOERR_SHORT_READ or "no such table" in str(error)


def check_whole(connection: sqlite3.Connection) -> None:
    """Read the whole database; raise an sqlite3.DatabaseError that `is_damage` if it is not whole."""
    (whole,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if whole != "ok":
        error = sqlite3.DatabaseError(whole)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
