"""A database file goes on through damage, another release, another file in its place, and a disk that takes nothing."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tears.journal.database import SqliteFile, opening
from tears.journal.database.sqlite_file import MOST_READERS
from tears.journal.database.storage_faults import StorageFault
from tears.journal.errors import StorageError
from tears.kit.clock import ManualClock

MIGRATION = "CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID;"


def opened(path: Path, *migrations: str) -> SqliteFile:
    return SqliteFile(path, migrations or [MIGRATION], ManualClock())


def add(file: SqliteFile, *words: str) -> None:
    with file.writing() as connection:
        connection.executemany("INSERT INTO words VALUES (?)", [(word,) for word in words])


def words(file: SqliteFile) -> list[str]:
    with file.reading() as connection:
        return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]


def damage(path: Path, at_byte: int = 100) -> None:
    with path.open("r+b") as raw:
        raw.seek(at_byte)
        raw.write(b"\xff" * 200)


def test_what_was_written_is_there_after_a_restart_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.sqlite3"
    file = opened(path)
    add(file, "hello")
    # Without closing it, as after a kill.
    assert words(opened(path)) == ["hello"]
    assert {one.stat().st_mode & 0o777 for one in path.parent.iterdir()} == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert file.fault is StorageFault.NONE


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    file = opened(tmp_path / "a.sqlite3")
    with pytest.raises(sqlite3.IntegrityError):
        add(file, "one", "one")
    assert words(file) == []
    add(file, "one")
    assert words(file) == ["one"]


def test_a_damaged_file_is_kept_and_what_can_be_read_is_in_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    file = opened(path)
    add(file, *(f"{number:05}" for number in range(5_000)))
    file.close()
    damage(path, path.stat().st_size // 2)
    file = opened(path)
    assert file.fault is StorageFault.DAMAGED
    assert 100 < len(words(file)) < 5_000
    assert (tmp_path / "a.sqlite3.damaged-1").exists()
    add(file, "new")
    assert "new" in words(file)


def test_a_file_without_a_header_is_kept_and_a_new_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    for number in (1, 2):
        path.write_bytes(b"no database, " * 1_000)
        file = opened(path)
        assert (file.fault, words(file)) == (StorageFault.DAMAGED, [])
        file.close()
        assert (tmp_path / f"a.sqlite3.damaged-{number}").read_bytes().startswith(b"no database")


def test_damage_that_shows_while_the_file_is_open_replaces_it(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    file = opened(path)
    add(file, *(f"{number:05}" for number in range(5_000)))
    file.close()
    add(file, "last")
    damage(path, path.stat().st_size // 2)
    with pytest.raises(StorageError), file.reading() as connection:
        connection.execute("SELECT count(*), max(word || '') FROM words").fetchone()
    add(file, "new")
    assert file.fault is StorageFault.DAMAGED
    assert {"00000", "new"} <= set(words(file))


def test_a_file_of_a_newer_release_is_kept_and_a_new_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    newer = opened(path, MIGRATION, "CREATE TABLE more (a INTEGER);")
    add(newer, "hello")
    newer.close()
    file = opened(path)
    assert (file.fault, words(file)) == (StorageFault.NEWER, [])
    # It can be used again where it was moved to.
    assert words(opened(tmp_path / "a.sqlite3.newer-1", MIGRATION, "SELECT 1;")) == ["hello"]


def test_a_file_that_is_deleted_while_it_is_open_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    file = opened(path)
    add(file, "lost")
    assert words(file) == ["lost"]
    for one in tmp_path.iterdir():
        one.unlink()
    add(file, "new")
    assert words(file) == ["new"]
    assert path.exists()


def test_a_folder_that_cannot_be_made_says_so_and_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    clock = ManualClock()
    file = SqliteFile(tmp_path / "folder" / "a.sqlite3", [MIGRATION], clock)
    assert file.fault is StorageFault.READ_ONLY
    with pytest.raises(StorageError, match="cannot be written"):
        add(file, "hello")
    with pytest.raises(StorageError), file.reading():
        pass
    (tmp_path / "folder").unlink()
    add(file, "hello")
    assert (words(file), file.fault) == (["hello"], StorageFault.NONE)


def test_a_full_disk_says_so_until_it_takes_something_again(tmp_path: Path) -> None:
    file = opened(tmp_path / "a.sqlite3")
    with file.writing() as connection:
        connection.execute("PRAGMA max_page_count = 4")
    with pytest.raises(StorageError, match="The disk is full"):
        add(file, *(f"{number:05}" for number in range(5_000)))
    assert (file.fault, words(file)) == (StorageFault.FULL, [])
    add(file, "hello")
    assert (file.fault, words(file)) == (StorageFault.NONE, ["hello"])


def test_a_file_that_another_program_keeps_to_itself_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.01)
    path = tmp_path / "a.sqlite3"
    file = opened(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="Another program"):
            add(file, "hello")
        other.execute("ROLLBACK")
    add(file, "hello")
    assert (words(file), file.fault) == (["hello"], StorageFault.NONE)


def test_a_thread_that_waits_for_its_turn_while_the_file_is_closed_gets_it(tmp_path: Path) -> None:
    file = opened(tmp_path / "a.sqlite3")
    # What a thread has in its hand that was interrupted right before it takes a connection.
    readers = file._readers
    file.close()
    assert readers.get(timeout=60) is None


def test_more_threads_than_connections_read_while_one_writes(tmp_path: Path) -> None:
    file = opened(tmp_path / "a.sqlite3")
    add(file, "first")
    everybody = threading.Barrier(MOST_READERS + 1)
    seen: list[list[str]] = []

    def read_slowly() -> None:
        with file.reading() as connection:
            rows = connection.execute("SELECT word FROM words").fetchall()
            everybody.wait(60)
            everybody.wait(60)
            seen.append([word for (word,) in rows])

    readers = [threading.Thread(target=read_slowly) for _ in range(MOST_READERS)]
    for reader in readers:
        reader.start()
    everybody.wait(60)
    late = threading.Thread(target=lambda: seen.append(words(file)))
    late.start()
    add(file, "second")
    # The file is closed while they still read, and one more waits for its turn.
    file.close()
    everybody.wait(60)
    for reader in [*readers, late]:
        reader.join(60)
        assert not reader.is_alive()
    assert sorted(seen) == [["first"]] * MOST_READERS + [["first", "second"]]
