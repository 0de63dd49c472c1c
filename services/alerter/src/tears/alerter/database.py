"""The state file: one small SQLite database that belongs to one alerter."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tears.alerter.errors import StateError

# Raised with every change of the tables or of what is encoded in them.
SCHEMA_VERSION = 1
# "tear": tells our file from other programs' databases.
APPLICATION_ID = 0x74656172
# How long one thread waits for another's write.
BUSY_SECONDS = 5.0

_TABLES = """
CREATE TABLE place (one INTEGER PRIMARY KEY CHECK (one = 1), entry_id TEXT NOT NULL, entries_seen INTEGER NOT NULL);
CREATE TABLE tracks (mic TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE held (mic TEXT, session TEXT, window INTEGER, detection BLOB NOT NULL, PRIMARY KEY (mic, session, window))
    WITHOUT ROWID;
CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, mark TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL,
    body TEXT NOT NULL, kind TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, UNIQUE (target, key));
"""


@contextmanager
def owned_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Opens the file, makes it where there is none, and holds it for this process until the end of the block.

    Raises:
        StateError: the file cannot be written, another alerter holds it, or it is not of this release.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateError(f"the state file {path} cannot be written ({error}); set TEARS_ALERTER_STATE_PATH") from error
    try:
        _hold(lock, path)
        connection = _open(path)
        try:
            yield connection
        finally:
            connection.close()
    finally:
        # Also gives up the lock, as the end of the process would.
        os.close(lock)


def connect(path: Path) -> sqlite3.Connection:
    """A connection for one thread; raises sqlite3.Error.

    Every commit is on the disk when it returns. Transactions are written out: outside one, a statement is its own.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of the block, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _hold(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StateError(f"another alerter holds the state file {path}; one instance runs at a time") from error


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = connect(path)
    except sqlite3.Error as error:
        raise StateError(f"the state file {path} cannot be opened: {error}") from error
    try:
        _check_schema(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise StateError(f"the state file {path} cannot be used: {error}") from error
    except StateError:
        connection.close()
        raise
    return connection


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables == 0:
        with transaction(connection):
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        return
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StateError(f"{path} is a database, but not an alerter's state; set TEARS_ALERTER_STATE_PATH")
    if version != SCHEMA_VERSION:
        raise StateError(
            f"the state file {path} has version {version}, and this release reads version {SCHEMA_VERSION}; "
            "move it away to start afresh"
        )
