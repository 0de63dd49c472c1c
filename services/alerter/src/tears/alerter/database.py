"""The state file: a small SQLite database that belongs to one alerter."""

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tears.alerter.errors import StateError, StateInUseError, UnreadableStateError
from tears.kit.files import PRIVATE_FILE_MODE, FileLock, make_private
from tears.kit.files.sqlite import is_damage, transaction

# Increase this with every change of the tables, or of what is encoded in them, that the releases before cannot read.
SCHEMA_VERSION = 1
# Columns that version 1 did not have at first, with their definitions; the releases before ignore them.
_ADDED_COLUMNS = {
    "notices": {
        "happened_at_seconds": "REAL NOT NULL DEFAULT 0",
        "unanswered": "INTEGER NOT NULL DEFAULT 0",
        "sent_as": "TEXT NOT NULL DEFAULT ''",
        "notice_kind": "TEXT NOT NULL DEFAULT ''",
        "mic": "TEXT NOT NULL DEFAULT ''",
        "facts": "TEXT NOT NULL DEFAULT '{}'",
    }
}
# Tables that version 1 did not have at first; the releases before ignore them.
_ADDED_TABLES = (
    "CREATE TABLE IF NOT EXISTS told_nights (number INTEGER PRIMARY KEY AUTOINCREMENT, night TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS house (one INTEGER PRIMARY KEY CHECK (one = 1), state BLOB NOT NULL)",
    """CREATE TABLE IF NOT EXISTS reminders (
    receiver TEXT, occasion TEXT, body BLOB NOT NULL, PRIMARY KEY (receiver, occasion)) WITHOUT ROWID""",
    (
        "CREATE TABLE IF NOT EXISTS attachments (id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, "
        "key TEXT NOT NULL, notice_kind TEXT NOT NULL, mic TEXT NOT NULL, facts TEXT NOT NULL, "
        "happened_at_seconds REAL NOT NULL, planned_at_seconds REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, "
        "UNIQUE (target, key))"
    ),
    """CREATE TABLE IF NOT EXISTS receivers (
    name TEXT, place INTEGER, target TEXT NOT NULL, PRIMARY KEY (name, place)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS proof (one INTEGER PRIMARY KEY CHECK (one = 1), state BLOB NOT NULL)",
)
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


class DatabaseTurns:
    """Lets the threads use the database one after another, and what an alert waits for before all else.

    SQLite itself lets a thread that finds the database taken sleep for up to 100 ms before it looks again, which would
    delay an alert. And it damages a new database if the one before, of the same name, is still written.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._first_waiting = 0

    @contextmanager
    def turn(self, *, first: bool = False) -> Iterator[None]:
        """Keep the database for this thread until the end of the block; it must not ask again within."""
        with self._changed:
            self._first_waiting += first
            self._changed.wait_for(lambda: not self._is_taken and (first or not self._first_waiting))
            self._first_waiting -= first
            self._is_taken = True
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()


@contextmanager
def owned_database(
    path: Path, check: Callable[[sqlite3.Connection], object] = lambda _: None
) -> Iterator[sqlite3.Connection]:
    """Open the file, make it if it does not exist, and keep it for this process until the end of the block.

    `check` looks at the content and may raise StateError.

    Raises:
        StateInUseError: another alerter has it.
        UnreadableStateError: it is damaged, or of another release.
        StateError: it cannot be opened or written, or belongs to another program.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(path.name + ".lock"), mode=PRIVATE_FILE_MODE)
    except BlockingIOError as error:
        raise StateInUseError(f"another alerter uses the state file {path}; only one may run at a time") from error
    except OSError as error:
        raise StateError(f"the state file {path} cannot be written ({error}); set TEARS_ALERTER_STATE_PATH") from error
    with lock:
        try:
            make_private(path, PRIVATE_FILE_MODE)
            connection = connect_database(path)
        except (OSError, sqlite3.Error) as error:
            raise _state_error(error, f"the state file {path} cannot be opened: {error}") from error
        with closing(connection):
            try:
                _check_schema(connection, path)
            except sqlite3.Error as error:
                raise _state_error(error, f"the state file {path} cannot be used: {error}") from error
            check(connection)
            yield connection


def new_memory_place() -> str:
    """Return a place in memory for `connect_database`, which lasts as long as a connection to it is open."""
    return f"file:/{uuid.uuid4()}?vfs=memdb"


def connect_database(place: Path | str) -> sqlite3.Connection:
    """Return a connection for one thread to a file or to a place in memory; raise sqlite3.Error.

    A commit returns when it is on the disk. A statement outside a `transaction` is a transaction of its own. There is
    no write-ahead log: all that was committed is in the one file, and no process dies of a log that someone truncates
    while it is mapped into memory.
    """
    connection = sqlite3.connect(place, timeout=DATABASE_BUSY_SECONDS, isolation_level=None, uri=isinstance(place, str))
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database, or those that a database of an earlier release does not have."""
    with transaction(connection):
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        for statement in _TABLES.split(";\n") if not tables else ():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        _add_later_parts(connection)


def _state_error(error: Exception, text: str) -> StateError:
    return UnreadableStateError(text) if is_damage(error) else StateError(text)


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables == 0:
        make_tables(connection)
        return
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (whole,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if application != APPLICATION_ID:
        raise StateError(f"{path} is a database, but not an alerter's state; set TEARS_ALERTER_STATE_PATH")
    if version != SCHEMA_VERSION:
        raise UnreadableStateError(
            f"the state file {path} has version {version}, and this release reads version {SCHEMA_VERSION}; "
            "move it away to start afresh"
        )
    if whole != "ok":
        raise UnreadableStateError(f"the state file {path} is damaged: {whole}")
    with transaction(connection):
        _add_later_parts(connection)
        # A disk that is full or read-only shows it here.
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _add_later_parts(connection: sqlite3.Connection) -> None:
    """Add the tables and columns that a database of an earlier release does not have."""
    for statement in _ADDED_TABLES:
        connection.execute(statement)
    for table, columns in _ADDED_COLUMNS.items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        for column, definition in columns.items():
            if column not in present:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {definition}")
