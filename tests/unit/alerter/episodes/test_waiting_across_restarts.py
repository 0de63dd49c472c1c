import math

import pytest
from support.alerter.monitored_room import LOUD, QUIET, MonitoredRoom
from support.alerter.notices import english
from support.policies import POLICY

from tears.alerter.episodes.monitor_state import AlertRules
from tears.kit.registry.rooms import RoomState


def restart(room: MonitoredRoom) -> None:
    """Continue in a new process of the alerter, as `Rooms` does."""
    room.monitor.note_waits(room.now)
    room.restart()
    room.monitor.expect_again(room.now)


def stopped_room() -> MonitoredRoom:
    """Return a room whose recorder was asked to stop, as for a reboot."""
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.end(3)
    room.monitor.update_registration("s1", "stopped", room.now)
    room.let_pass(600)
    assert room.titles == []
    return room


def test_a_recorder_that_does_not_come_back_after_a_reboot_causes_one_warning() -> None:
    room = stopped_room()
    restart(room)
    room.let_pass(59)
    assert room.titles == []
    room.let_pass(2)
    assert room.titles == ["nursery: not listening"]
    assert "has not come back" in english(room.notices[0]).body
    assert "tears retire nursery" in english(room.notices[0]).body
    restart(room)
    room.monitor.update_registration("s1", "stopped", room.now)
    room.let_pass(600)
    assert room.titles == ["nursery: not listening"]
    assert room.room_state() is RoomState.DEAF
    room.receive_scores([QUIET], session="s2")
    assert room.titles[-1] == "nursery: listening again"


def test_a_recorder_that_comes_back_after_a_reboot_causes_none() -> None:
    room = stopped_room()
    restart(room)
    room.let_pass(30)
    room.monitor.update_registration("s2", "listening", room.now)
    room.receive_scores([QUIET] * 5, session="s2")
    room.let_pass(50)
    assert room.titles == []


def listening_room() -> MonitoredRoom:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.monitor.update_registration("s1", "listening", room.now)
    return room


@pytest.mark.parametrize("has_seen_the_registry", [True, False])
@pytest.mark.parametrize("clock_error_seconds", [0.0, 3_600.0])
def test_an_end_from_before_the_restart_that_is_read_after_it_causes_a_warning(
    clock_error_seconds: float, *, has_seen_the_registry: bool
) -> None:
    room = listening_room()
    restart(room)
    # The end was captured before the restart, or by a recorder whose clock is fast.
    room.wall_seconds -= 5.0
    if has_seen_the_registry:
        room.wall_seconds += clock_error_seconds
        room.monitor.update_registration("s1", "stopped", room.now)
    room.end(3)
    room.let_pass(59)
    assert room.titles == []
    room.let_pass(2)
    assert room.titles == ["nursery: not listening"]
    assert "has not come back" in english(room.notices[0]).body


def test_a_recorder_that_came_back_and_was_stopped_while_the_alerter_was_away_causes_a_warning() -> None:
    room = stopped_room()
    restart(room)
    room.monitor.update_registration("s2", "stopped", room.now)
    room.let_pass(61)
    assert room.titles == ["nursery: not listening"]
    restart(room)
    room.monitor.update_registration("s3", "stopped", room.now)
    room.let_pass(600)
    assert room.titles == ["nursery: not listening"]


def test_a_recorder_that_is_stopped_after_the_restart_causes_no_warning() -> None:
    room = listening_room()
    restart(room)
    room.monitor.update_registration("s1", "listening", room.now)
    room.receive_scores([QUIET] * 3, first=3)
    room.monitor.update_registration("s1", "stopped", room.now)
    room.end(6)
    room.let_pass(600)
    assert room.titles == []


@pytest.mark.parametrize("mic_state", ["ended", "retired"])
def test_an_end_from_before_the_restart_is_not_awaited_if_it_is_for_good(mic_state: str) -> None:
    room = listening_room()
    restart(room)
    room.wall_seconds -= 5.0
    for _ in range(3):
        room.monitor.update_registration("s1", mic_state, room.now)
        room.end(3)
    room.monitor.update_registration("s1", mic_state, room.now)
    room.let_pass(600)
    assert room.titles == []


def test_a_recording_that_is_over_is_not_expected_after_a_restart() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.end(3)
    room.monitor.update_registration("s1", "ended", room.now)
    restart(room)
    room.let_pass(600)
    assert room.titles == []


def test_a_room_that_was_retired_is_not_expected_until_a_recorder_registers_it_again() -> None:
    room = stopped_room()
    restart(room)
    room.let_pass(61)
    room.monitor.update_registration("s1", "retired", room.now)
    assert room.room_state() is RoomState.ENDED
    for _ in range(3):
        restart(room)
        room.let_pass(600)
    assert room.titles == ["nursery: not listening"]
    room.monitor.update_registration("s2", "listening", room.now)
    room.let_pass(61)
    assert room.titles == ["nursery: not listening"] * 2


def test_an_alerter_that_is_restarted_every_45_s_tells_of_deafness() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    for _ in range(2):
        room.let_pass(45)
        restart(room)
    assert room.titles == ["nursery: not listening"]


def test_an_alerter_that_is_restarted_every_30_s_gives_up_a_gap() -> None:
    room = MonitoredRoom(AlertRules(policy=POLICY, lateness_seconds=45.0, deaf_seconds=math.inf))
    room.receive_scores([QUIET] * 3)
    room.receive_scores([LOUD] * 5, first=4)
    held = list(room.monitor.order.held.of_session("s1").values())
    for _ in range(2):
        room.let_pass(30)
        room.monitor.note_waits(room.now)
        room.restart(held)
    room.let_pass(1)
    assert room.titles == ["nursery: crying"]


def test_short_waits_are_not_saved() -> None:
    room = MonitoredRoom()
    for k in range(20):
        room.receive_scores([QUIET], first=k)
        room.let_pass(1)
        assert not room.monitor.note_waits(room.now)
