from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.policies import POLICY

from tears.alerter.database import SCHEMA_VERSION, connect, owned_database
from tears.alerter.episodes.mic_monitor import Track
from tears.alerter.episodes.monitor_state import Now, Rules, TrackState
from tears.alerter.errors import StateError
from tears.alerter.notices.outbox import Event, Outbox
from tears.alerter.notices.wording import Notice
from tears.alerter.order.stream_position import Place
from tears.alerter.order.window_order import Arrival, Heard
from tears.alerter.state import Changes, Saved, State

NOW = Now(0.0, 1_700_000_000.0)
RULES = Rules(policy=POLICY, lateness_seconds=45.0, deaf_seconds=60.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "alerter.sqlite"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with owned_database(path) as connection:
        yield connection


def notice(key: str) -> Notice:
    return Notice(key, "nursery: crying", f"episode {key}", "warning")


def heard(index: int) -> Heard:
    return Heard(index, 5.0 + index, 1_700_000_000.25, -33.5, 0.9)


def test_what_was_committed_is_there_after_the_file_was_closed(path: Path) -> None:
    track = Track(TrackState("nursery"), RULES, NOW)
    for index in (0, 1, 2, 3, 7, 9):
        track.take(Arrival("s1", heard(index)), NOW)
    changes = Changes(tracks={"nursery": track.state()})
    changes.hold("nursery", *track.order.changes())
    with owned_database(path) as connection:
        state = State(connection, Outbox(connection, []))
        assert state.load() == Saved()
        state.commit(Place("5-0", 6), changes)
    with owned_database(path) as connection:
        saved = State(connection, Outbox(connection, [])).load()
    assert saved.place == Place("5-0", 6)
    assert saved.tracks == {"nursery": track.state()}
    assert saved.tracks["nursery"].open_episode is not None
    assert saved.held == {"nursery": [("s1", heard(7)), ("s1", heard(9))]}


def test_what_is_held_no_more_is_removed(connection: sqlite3.Connection) -> None:
    state, changes = State(connection, Outbox(connection, [])), Changes()
    changes.hold("nursery", {("s1", 7): heard(7), ("s1", 8): heard(8)}, set())
    state.commit(Place(), changes)
    changes = Changes()
    changes.hold("nursery", {}, {("s1", 7)})
    state.commit(Place(), changes)
    assert state.load().held == {"nursery": [("s1", heard(8))]}


def test_what_comes_and_goes_between_two_commits_leaves_nothing() -> None:
    changes = Changes()
    changes.hold("nursery", {("s1", 7): heard(7)}, set())
    changes.hold("nursery", {}, {("s1", 7)})
    assert (changes.held, changes.released) == ({}, {("nursery", "s1", 7)})


def test_a_commit_that_fails_changes_nothing(connection: sqlite3.Connection) -> None:
    state = State(connection, Outbox(connection, ["a"]))
    state.commit(Place("1-0", 1), Changes(notices=[notice("one")]))
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON notices BEGIN SELECT RAISE(ABORT, 'no room'); END")
    with pytest.raises(sqlite3.Error, match="no room"):
        state.commit(Place("2-0", 2), Changes(tracks={"nursery": TrackState("nursery")}, notices=[notice("two")]))
    assert state.load() == Saved(Place("1-0", 1))
    assert Outbox(connection, ["a"]).counts() == (0, 1)


def test_the_file_is_on_the_disk_when_a_commit_returns(connection: sqlite3.Connection) -> None:
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_a_second_alerter_is_refused(connection: sqlite3.Connection, path: Path) -> None:
    with pytest.raises(StateError, match="another alerter holds"), owned_database(path):
        pass
    assert connection.execute("SELECT count(*) FROM tracks").fetchone() == (0,)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="TEARS_ALERTER_STATE_PATH"), owned_database(tmp_path / "file" / "a.sqlite"):
        pass


def test_a_file_that_is_no_database_is_refused_and_kept(path: Path) -> None:
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


def test_a_file_of_another_release_is_refused_by_its_version(path: Path) -> None:
    with owned_database(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StateError, match=f"has version {SCHEMA_VERSION + 1}"), owned_database(path):
        pass


def test_a_track_that_cannot_be_read_is_an_error_of_its_own(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO tracks VALUES ('nursery', '{}')")
    with pytest.raises(StateError, match="cannot read"):
        State(connection, Outbox(connection, [])).load()


def test_each_receiver_has_a_row_of_its_own(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, ["a", "b"])
    outbox.add([], [notice("one")])
    letter = outbox.next_letter("a")
    assert letter is not None
    assert outbox.next_letter("a", skip=["one"]) is None
    assert outbox.remove("a", ["one", "two"]) == ["one"]
    assert outbox.next_letter("a") is None
    left = outbox.next_letter("b")
    assert left is not None
    assert left.notice == notice("one")


def test_a_repeat_adds_nothing(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, ["a"])
    for _ in range(2):
        outbox.add([Event("mark", b"body")], [notice("one")])
    assert outbox.counts() == (1, 1)


def test_what_failed_stands_behind_what_was_not_tried_yet(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, ["a"])
    outbox.add([], [notice("one"), notice("two")])
    letter = outbox.next_letter("a")
    assert letter is not None
    assert (letter.notice.key, letter.attempts) == ("one", 0)
    outbox.failed(letter)
    second = outbox.next_letter("a")
    assert second is not None
    assert second.notice.key == "two"
    outbox.remove("a", ["two"])
    again = outbox.next_letter("a")
    assert again is not None
    assert (again.notice.key, again.attempts) == ("one", 1)


def test_the_oldest_rows_go_where_there_are_too_many(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, ["a", "b"], most_events=3, most_notices=2)
    dropped = outbox.add([Event(f"mark{k}", b"") for k in range(5)], [notice(f"key{k}") for k in range(4)])
    assert (dropped.events, dropped.notices) == (2, 4)
    assert [event.mark for _, event in outbox.events(10)] == ["mark2", "mark3", "mark4"]
    letter = outbox.next_letter("b")
    assert letter is not None
    assert letter.notice.key == "key2"


def test_rows_of_receivers_that_are_configured_no_more_are_dropped_and_counted(
    connection: sqlite3.Connection,
) -> None:
    Outbox(connection, ["a", "b"]).add([], [notice("one"), notice("two")])
    assert Outbox(connection, ["b"]).drop_unconfigured() == 2
    assert Outbox(connection, ["b"]).counts() == (0, 2)
    assert Outbox(connection, []).drop_unconfigured() == 2


def test_published_events_are_gone(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, [])
    outbox.add([Event(f"mark{k}", b"body") for k in range(3)], [])
    rows = [row for row, _ in outbox.events(2)]
    outbox.published(rows)
    assert [event.mark for _, event in outbox.events(10)] == ["mark2"]


def test_a_second_connection_can_write_while_the_first_reads(connection: sqlite3.Connection, path: Path) -> None:
    Outbox(connection, ["a"]).add([], [notice("one")])
    other = connect(path)
    assert Outbox(other, ["a"]).remove("a", ["one"]) == ["one"]
    other.close()
    assert Outbox(connection, ["a"]).counts() == (0, 0)
