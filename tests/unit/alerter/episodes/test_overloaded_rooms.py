"""What is said of a room whose windows are given up because there is too much to do."""

from support.alerter.monitored_room import LOUD, QUIET, MonitoredRoom
from support.alerter.notices import english

from tears.alerter.episodes.monitor_state import OVERLOAD_SHOWN_SECONDS
from tears.kit.registry.rooms import RoomState


def overload(room: MonitoredRoom, seconds: int, first: int, every: int = 0) -> None:
    """Let windows of these seconds be given up, except each that `every` says; 0 means all."""
    for k in range(first, first + seconds):
        score = QUIET if every and k % every == 0 else None
        room.wait(1.0)
        room.receive(k, score, reason="overloaded")
        room.effects.append(room.monitor.check_deafness(room.now))


def is_shown_overloaded(room: MonitoredRoom) -> bool:
    shown = room.shown()
    return shown is not None and shown.is_overloaded


def test_a_room_of_which_nothing_is_done_in_time_is_not_listened_to_and_the_reason_is_told() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    overload(room, seconds=61, first=3)
    (notice,) = room.notices
    assert english(notice).title == "nursery: not listening"
    assert english(notice).body.startswith("Tears has more rooms to listen to than this machine can do, at ")
    assert (room.room_state(), is_shown_overloaded(room)) == (RoomState.DEAF, True)


def test_the_reason_is_told_after_a_restart_too() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    overload(room, seconds=30, first=3)
    room.restart()
    overload(room, seconds=61, first=33)
    assert [english(notice).body.split(",")[0] for notice in room.notices] == [
        "Tears has more rooms to listen to than this machine can do"
    ]


def test_a_room_of_which_a_part_is_done_is_listened_to_and_shows_that_something_is_left_out() -> None:
    room = MonitoredRoom()
    overload(room, seconds=120, first=0, every=3)
    assert room.titles == []
    assert (room.room_state(), is_shown_overloaded(room)) == (RoomState.QUIET, True)


def test_crying_opens_an_episode_although_every_third_window_is_left_out() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 5)
    for k in range(5, 25):
        room.wait(1.0)
        room.receive(k, LOUD if k % 3 else None, reason="overloaded")
    assert room.titles == ["nursery: crying"]


def test_an_overload_is_over_when_all_of_the_last_seconds_were_done() -> None:
    room = MonitoredRoom()
    overload(room, seconds=10, first=0)
    seconds = int(OVERLOAD_SHOWN_SECONDS)
    room.receive_scores([QUIET] * (seconds - 1), first=10)
    assert is_shown_overloaded(room)
    room.receive_scores([QUIET], first=10 + seconds - 1)
    assert not is_shown_overloaded(room)
