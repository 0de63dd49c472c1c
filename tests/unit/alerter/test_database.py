import sqlite3
from pathlib import Path

import pytest
from support.alerter.notices import crying_notice

from tears.alerter.database import SCHEMA_VERSION, connect_database, owned_database
from tears.alerter.errors import StateError
from tears.alerter.notices.outbox import Outbox


def test_a_commit_returns_when_it_is_on_the_disk(connection: sqlite3.Connection) -> None:
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_a_second_alerter_is_refused(connection: sqlite3.Connection, path: Path) -> None:
    with pytest.raises(StateError, match="another alerter uses"), owned_database(path):
        pass
    assert connection.execute("SELECT count(*) FROM tracks").fetchone() == (0,)


def test_the_error_names_the_setting_if_the_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="TEARS_ALERTER_STATE_PATH"), owned_database(tmp_path / "file" / "a.sqlite"):
        pass


def test_a_file_that_is_not_a_database_is_refused_and_kept(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"my diary, not a database" * 100)
    with pytest.raises(StateError, match="not a database"), owned_database(path):
        pass
    assert path.read_bytes().startswith(b"my diary")


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE songs (title)")
    other.close()
    with pytest.raises(StateError, match="not an alerter's state"), owned_database(path):
        pass


def test_a_file_of_another_schema_version_is_refused(path: Path) -> None:
    with owned_database(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StateError, match=f"has version {SCHEMA_VERSION + 1}"), owned_database(path):
        pass


def test_a_second_connection_can_write_while_the_first_reads(connection: sqlite3.Connection, path: Path) -> None:
    Outbox(connection, ["a"]).add_rows([], [crying_notice("one")])
    other = connect_database(path)
    assert Outbox(other, ["a"]).remove_notices("a", ["one"]) == ["one"]
    other.close()
    assert Outbox(connection, ["a"]).counts() == (0, 0)
