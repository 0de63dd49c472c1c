import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.alerter.notices import crying_notice, english
from support.processes.small_disk import run_code

from tears.alerter.database import SCHEMA_VERSION, connect_database, make_tables, new_memory_place, owned_database
from tears.alerter.errors import StateInUseError
from tears.alerter.notices.keeping import Keeping
from tears.alerter.notices.outbox import Outbox
from tears.alerter.order.stream_position import StreamPosition
from tears.alerter.state import AlerterState, StateChanges
from tears.alerter.state_file import GIVE_UP_SECONDS, RETURN_SECONDS, StateFile
from tears.kit.clock import ManualClock


def fill(connection: sqlite3.Connection) -> None:
    """Write a position and enough notices for several pages."""
    state = AlerterState(connection, Outbox(connection, ["a"]))
    notices = [crying_notice(f"{k}-{'x' * 500}") for k in range(100)]
    state.commit(StreamPosition("5-0", 6), StateChanges(notices=notices))


def position(connection: sqlite3.Connection) -> StreamPosition:
    return AlerterState(connection, Outbox(connection, [])).load().position


def zero_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(bytes(4096))


def zero_first_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(4096))


def make_newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()


def garble_state(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO tracks VALUES ('garbled', '{')")
    connection.close()


FIRST_RELEASE = """
CREATE TABLE place (one INTEGER PRIMARY KEY CHECK (one = 1), entry_id TEXT NOT NULL, entries_seen INTEGER NOT NULL);
CREATE TABLE tracks (mic TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE held (mic TEXT, session TEXT, window INTEGER, detection BLOB NOT NULL, PRIMARY KEY (mic, session, window))
    WITHOUT ROWID;
CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, mark TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL,
    body TEXT NOT NULL, kind TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, UNIQUE (target, key));
INSERT INTO place VALUES (1, '5-0', 6);
INSERT INTO notices VALUES (1, 'a', 'one', 'nursery: crying', 'Crying since 02:13:45.', 'warning', 2);
PRAGMA application_id = 1952801138;
PRAGMA user_version = 1;
"""
UNREADABLE: list[Callable[[Path], object]] = [
    zero_page,
    zero_first_page,
    make_newer,
    garble_state,
    lambda path: os.truncate(path, 2 * 4096),
    lambda path: path.write_bytes(b"not a database" * 1_000),
]


@pytest.mark.parametrize("damage", UNREADABLE)
def test_an_unreadable_file_is_kept_aside_and_a_new_one_begins(path: Path, damage: Callable[[Path], object]) -> None:
    with owned_database(path) as connection:
        fill(connection)
    damage(path)
    content = path.read_bytes()
    with StateFile(path, ManualClock()) as state_file:
        assert [one.keeping for one in state_file.reports] == [Keeping.BEGUN_ANEW]
        assert not state_file.is_in_memory
        assert position(state_file.connection) == StreamPosition()
        fill(state_file.connection)
    assert path.with_name(f"{path.name}.unreadable-1").read_bytes()[4096:] == content[4096:]
    with owned_database(path) as connection:
        assert position(connection) == StreamPosition("5-0", 6)


@pytest.mark.parametrize("damage", [make_newer, garble_state])
def test_notices_that_wait_in_an_unreadable_file_are_still_delivered(
    path: Path, damage: Callable[[Path], object]
) -> None:
    with owned_database(path) as connection:
        fill(connection)
    damage(path)
    with StateFile(path, ManualClock()) as state_file:
        assert Outbox(state_file.connection, ["a"]).counts() == (0, 100)


def test_a_file_of_the_first_release_is_read(path: Path) -> None:
    path.parent.mkdir()
    first = sqlite3.connect(path)
    first.execute("PRAGMA journal_mode = WAL")
    first.executescript(FIRST_RELEASE)
    first.commit()
    first.close()
    with StateFile(path, ManualClock()) as state_file:
        assert state_file.reports == []
        assert position(state_file.connection) == StreamPosition("5-0", 6)
        (waiting,) = Outbox(state_file.connection, ["a"]).waiting_notices("a")
        assert (waiting.attempts, waiting.unanswered) == (2, 0)
        assert (waiting.notice.key, waiting.notice.kind, waiting.notice.mic) == ("one", "crying", "nursery")
        assert english(waiting.notice) == ("nursery: crying", "Crying since 02:13:45.")


def test_the_number_of_files_kept_aside_is_bounded(path: Path) -> None:
    for k in range(12):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"not a database %d" % k * 1_000)
        with StateFile(path, ManualClock()):
            pass
    kept = sorted(path.parent.glob("*.unreadable-?"))
    assert len(kept) == 9
    assert b"database 11" in kept[-1].read_bytes()


def test_a_database_of_another_program_is_left_alone_and_the_state_is_in_memory(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (title)")
    other.close()
    clock = ManualClock()
    with StateFile(path, clock) as state_file:
        (report,) = state_file.reports
        assert report.keeping is Keeping.IN_MEMORY
        assert "TEARS_ALERTER_STATE_PATH" in report.reason
        fill(state_file.connection)
        clock.advance(RETURN_SECONDS)
        assert not state_file.has_moved()
    assert sqlite3.connect(path).execute("SELECT name FROM sqlite_schema").fetchall() == [("songs",)]


def test_a_state_in_memory_returns_to_the_file_when_that_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path, clock = tmp_path / "file" / "alerter.sqlite", ManualClock()
    with StateFile(path, clock) as state_file:
        assert state_file.is_in_memory
        fill(state_file.connection)
        clock.advance(RETURN_SECONDS)
        assert not state_file.has_moved()
        (tmp_path / "file").unlink()
        clock.advance(RETURN_SECONDS)
        assert state_file.has_moved()
        assert [one.keeping for one in state_file.reports] == [Keeping.IN_MEMORY, Keeping.ON_DISK]
        assert position(state_file.connection) == StreamPosition("5-0", 6)
    with owned_database(path) as connection:
        assert position(connection) == StreamPosition("5-0", 6)
        assert Outbox(connection, ["a"]).counts() == (0, 100)


def test_what_a_file_holds_is_known_while_it_cannot_be_written(path: Path) -> None:
    with owned_database(path) as connection:
        fill(connection)
    code = """
import sys, pathlib
from tears.alerter.state_file import StateFile
from tears.kit.clock import ManualClock
with StateFile(pathlib.Path(sys.argv[1]), ManualClock()) as state_file:
    print(state_file.is_in_memory, *state_file.connection.execute("SELECT entry_id FROM place").fetchone())
"""
    ran = run_code(code, str(path), largest_file_bytes=1)
    assert ran.stdout == "True 5-0\n", ran.stderr


def test_a_copy_of_a_file_of_the_first_release_gets_the_later_tables() -> None:
    with closing(connect_database(new_memory_place())) as copy:
        copy.executescript(FIRST_RELEASE)
        make_tables(copy)
        outbox = Outbox(copy, ["a"])
        saved = AlerterState(copy, outbox).load()
        assert (saved.position, saved.proof, len(outbox.waiting_notices("a"))) == (StreamPosition("5-0", 6), b"", 1)


def test_a_file_that_another_alerter_has_is_refused(path: Path) -> None:
    with owned_database(path), pytest.raises(StateInUseError):
        StateFile(path, ManualClock())


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: os.truncate(path, 0), lambda path: os.truncate(path, 4096)])
def test_a_file_that_is_lost_while_it_is_in_use_is_made_again(path: Path, lose: Callable[[Path], object]) -> None:
    clock = ManualClock()
    with StateFile(path, clock) as state_file:
        fill(state_file.connection)
        clock.advance(1.0)
        assert not state_file.has_moved()
        lose(path)
        clock.advance(1.0)
        assert state_file.has_moved()
        assert not state_file.has_moved()
        fill(state_file.connection)
    with owned_database(path) as connection:
        assert position(connection) == StreamPosition("5-0", 6)


def test_a_file_that_takes_no_commit_for_long_gives_way_to_memory_and_nothing_is_lost(path: Path) -> None:
    clock = ManualClock()
    with StateFile(path, clock) as state_file:
        fill(state_file.connection)
        error = sqlite3.OperationalError("database or disk is full")
        assert not state_file.has_moved_after(error)
        clock.advance(GIVE_UP_SECONDS)
        assert state_file.has_moved_after(error)
        assert state_file.is_in_memory
        assert position(state_file.connection) == StreamPosition("5-0", 6)
        assert Outbox(state_file.connection, ["a"]).counts() == (0, 100)
        clock.advance(RETURN_SECONDS)
        assert state_file.has_moved()
        assert Outbox(state_file.connection, ["a"]).counts() == (0, 100)
        assert [one.keeping for one in state_file.reports] == [Keeping.IN_MEMORY, Keeping.ON_DISK]


def test_a_commit_that_succeeds_ends_the_wait_for_memory(path: Path) -> None:
    clock = ManualClock()
    with StateFile(path, clock) as state_file:
        for _ in range(3):
            assert not state_file.has_moved_after(sqlite3.OperationalError("database is locked"))
            clock.advance(GIVE_UP_SECONDS)
            state_file.note_commit()


def test_a_pipe_in_the_place_of_the_file_or_its_lock_leaves_the_state_in_memory(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    for pipe in (path, path.with_name(f"{path.name}.lock")):
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        with StateFile(path, ManualClock()) as state_file:
            assert state_file.is_in_memory
            assert "a pipe or a device is in its place: move it away" in state_file.reports[0].reason
        assert pipe.is_fifo()
        pipe.unlink()


def test_no_other_user_may_read_the_file(path: Path) -> None:
    path.parent.mkdir()
    path.touch(mode=0o644)
    with StateFile(path, ManualClock()) as state_file:
        fill(state_file.connection)
        modes = {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes
