"""The state file: a small SQLite database that belongs to one alerter."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tears.alerter.errors import StateError
from tears.kit.files import FileLock

# Increase this with every change of the tables or of what is encoded in them.
SCHEMA_VERSION = 1
# "tear": distinguishes our file from the databases of other programs.
APPLICATION_ID = 0x74656172
# How long one thread waits for another one's write.
DATABASE_BUSY_SECONDS = 5.0

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
    """Open the file, make it if it does not exist, and keep it for this process until the end of the block.

    Raises:
        StateError: the file cannot be written, another alerter has it, or it is not of this release.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(path.name + ".lock"), mode=0o600)
    except BlockingIOError as error:
        raise StateError(f"another alerter uses the state file {path}; only one may run at a time") from error
    except OSError as error:
        raise StateError(f"the state file {path} cannot be written ({error}); set TEARS_ALERTER_STATE_PATH") from error
    with lock, closing(_open(path)) as connection:
        try:
            _check_schema(connection, path)
        except sqlite3.Error as error:
            raise StateError(f"the state file {path} cannot be used: {error}") from error
        yield connection


def connect_database(path: Path) -> sqlite3.Connection:
    """Return a connection for one thread; raise sqlite3.Error.

    A commit returns when it is on the disk. A statement outside a `transaction` is a transaction of its own.
    """
    connection = sqlite3.connect(path, timeout=DATABASE_BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


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


def _open(path: Path) -> sqlite3.Connection:
    try:
        return connect_database(path)
    except sqlite3.Error as error:
        raise StateError(f"the state file {path} cannot be opened: {error}") from error


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
