"""Bring a database up to the release that opens it, by numbered SQL files.

`0001_begin.sql` makes version 1 out of an empty file, the next file makes version 2 out of that, and so on; SQLite
keeps the number as `user_version`. A file that a release has had is never changed: what is new gets a file of its own.
"""

import sqlite3
from collections.abc import Sequence
from importlib import resources
from operator import attrgetter

from tears.journal.errors import JournalError


class NewerDatabaseError(JournalError):
    """Raised when a database is of a newer release than this one."""


def load_migrations(package: str) -> list[str]:
    """Return the SQL of the files `NNNN_name.sql` in a package, in their order; the first makes version 1."""
    files = sorted(
        (one for one in resources.files(package).iterdir() if one.name.endswith(".sql")), key=attrgetter("name")
    )
    numbers = [int(one.name[:4]) for one in files]
    if numbers != list(range(1, len(files) + 1)):
        raise ValueError(f"the migrations in {package} have the numbers {numbers}; begin at 1 and leave none out")
    return [one.read_text(encoding="utf-8") for one in files]


def migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Run the migrations that this database has not had, each one whole or not at all.

    Raises:
        NewerDatabaseError: it has had more of them than there are.
        sqlite3.Error: it cannot be read or written.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise NewerDatabaseError(f"it has version {version}, and this release knows version {len(migrations)}")
    for number, sql in enumerate(migrations[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
