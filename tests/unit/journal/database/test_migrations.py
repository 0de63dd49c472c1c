"""Migrations run once each, whole or not at all."""

import sqlite3
from pathlib import Path

import pytest

from tears.journal.database.migrations import NewerDatabaseError, load_migrations, migrate

FIRST, SECOND = "CREATE TABLE one (a INTEGER);", "ALTER TABLE one ADD COLUMN b TEXT;\nINSERT INTO one VALUES (1, 'x');"


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None)


def version(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def test_a_file_of_an_earlier_release_gets_what_it_lacks(connection: sqlite3.Connection) -> None:
    migrate(connection, [FIRST])
    assert version(connection) == 1
    migrate(connection, [FIRST, SECOND])
    migrate(connection, [FIRST, SECOND])
    assert version(connection) == 2
    assert connection.execute("SELECT a, b FROM one").fetchall() == [(1, "x")]


def test_a_migration_that_fails_leaves_the_version_before(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, [FIRST, "INSERT INTO one VALUES (1);\nINSERT INTO no_table VALUES (1);"])
    assert version(connection) == 1
    assert connection.execute("SELECT count(*) FROM one").fetchone() == (0,)


def test_a_file_of_a_newer_release_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, [FIRST, SECOND])
    with pytest.raises(NewerDatabaseError, match="version 2"):
        migrate(connection, [FIRST])


def test_the_migrations_of_the_history_are_numbered_without_a_gap() -> None:
    assert load_migrations("tears.journal.history.migrations")
