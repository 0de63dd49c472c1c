import sqlite3
from pathlib import Path

import pytest
from support.alerter.monitored_room import RULES
from support.alerter.notices import crying_notice

from tears.alerter.database import owned_database
from tears.alerter.episodes.mic_monitor import MicMonitor
from tears.alerter.episodes.monitor_state import MonitorState, Now
from tears.alerter.errors import StateError
from tears.alerter.notices.outbox import Outbox
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.order.stream_position import StreamPosition
from tears.alerter.state import AlerterState, SavedState, StateChanges

NOW = Now(0.0, 1_700_000_000.0)


def detection(index: int) -> ReceivedDetection:
    return ReceivedDetection(
        mic="nursery",
        session="s1",
        index=index,
        end_seconds=5.0 + index,
        captured_at_seconds=1_700_000_000.25,
        level_dbfs=-33.5,
        score=0.9,
    )


def test_the_committed_state_is_there_after_the_file_was_closed(path: Path) -> None:
    monitor = MicMonitor(MonitorState("nursery"), RULES, NOW)
    for index in (0, 1, 2, 3, 7, 9):
        monitor.receive(detection(index), NOW)
    changes = StateChanges(monitors={"nursery": monitor.state_to_save()})
    changes.add_held("nursery", *monitor.order.held.take_changes())
    with owned_database(path) as connection:
        state = AlerterState(connection, Outbox(connection, []))
        assert state.load() == SavedState()
        state.commit(StreamPosition("5-0", 6), changes)
    with owned_database(path) as connection:
        saved = AlerterState(connection, Outbox(connection, [])).load()
    assert saved.position == StreamPosition("5-0", 6)
    assert saved.monitors == {"nursery": monitor.state_to_save()}
    assert saved.monitors["nursery"].open_episode is not None
    assert saved.held == {"nursery": [detection(7), detection(9)]}


def test_a_released_detection_is_removed(connection: sqlite3.Connection) -> None:
    state, changes = AlerterState(connection, Outbox(connection, [])), StateChanges()
    changes.add_held("nursery", [detection(7), detection(8)], set())
    state.commit(StreamPosition(), changes)
    changes = StateChanges()
    changes.add_held("nursery", [], {("s1", 7)})
    state.commit(StreamPosition(), changes)
    assert state.load().held == {"nursery": [detection(8)]}


def test_a_detection_held_and_released_between_two_commits_leaves_nothing() -> None:
    changes = StateChanges()
    changes.add_held("nursery", [detection(7)], set())
    changes.add_held("nursery", [], {("s1", 7)})
    assert (changes.held, changes.released) == ({}, {("nursery", "s1", 7)})


def test_a_commit_that_fails_changes_nothing(connection: sqlite3.Connection) -> None:
    state = AlerterState(connection, Outbox(connection, ["a"]))
    state.commit(StreamPosition("1-0", 1), StateChanges(notices=[crying_notice("one")]))
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON notices BEGIN SELECT RAISE(ABORT, 'no room'); END")
    with pytest.raises(sqlite3.Error, match="no room"):
        state.commit(
            StreamPosition("2-0", 2),
            StateChanges(monitors={"nursery": MonitorState("nursery")}, notices=[crying_notice("two")]),
        )
    assert state.load() == SavedState(StreamPosition("1-0", 1))
    assert Outbox(connection, ["a"]).counts() == (0, 1)


def test_a_stored_state_that_cannot_be_read_is_a_state_error(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO tracks VALUES ('nursery', '{}')")
    with pytest.raises(StateError, match="cannot read"):
        AlerterState(connection, Outbox(connection, [])).load()
