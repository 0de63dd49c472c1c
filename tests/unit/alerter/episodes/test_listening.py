import math

import pytest
from support.alerter.monitored_room import LOUD, QUIET, MonitoredRoom
from support.alerter.notices import english
from support.policies import POLICY

from tears.alerter.episodes.monitor_state import AlertRules
from tears.alerter.order.window_order import DetectionOutcome
from tears.kit.messages import Ending
from tears.kit.registry.rooms import RoomState


def test_a_deaf_microphone_closes_its_episode_and_causes_one_warning_and_one_all_clear() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 5 + [LOUD] * 10)
    room.let_pass(59)
    assert room.closings == []
    room.let_pass(200)
    (closing,) = room.closings
    assert (closing.ending, closing.end_seconds) == (Ending.DEAF, 19.0)
    assert room.room_state() is RoomState.DEAF
    room.restart()
    room.let_pass(200)
    room.receive_scores([QUIET], first=15)
    assert room.room_state() is RoomState.QUIET
    assert room.titles == ["nursery: crying", "nursery: not listening", "nursery: listening again"]


def test_crying_after_deafness_causes_a_new_alert() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 5 + [LOUD] * 10)
    room.let_pass(61)
    room.receive_scores([LOUD] * 10, first=15)
    assert room.titles.count("nursery: crying") == 2


def test_each_deafness_has_its_own_keys() -> None:
    room = MonitoredRoom()
    for first in (0, 1):
        room.receive_scores([QUIET], first=first)
        room.let_pass(61)
    room.receive_scores([QUIET], first=2)
    keys = [notice.key for notice in room.notices]
    assert len(keys) == len(set(keys)) == 4


def test_a_microphone_with_nothing_but_tombstones_is_deaf() -> None:
    room = MonitoredRoom()
    for k in range(70):
        room.receive_scores([None], first=k)
        room.let_pass(1)
    assert room.titles == ["nursery: not listening"]


def test_a_registered_microphone_without_any_score_is_deaf() -> None:
    room = MonitoredRoom()
    room.monitor.update_registration("s1", "listening", room.now)
    assert room.shown() is None
    room.let_pass(61)
    assert room.room_state() is RoomState.DEAF
    assert room.titles == ["nursery: not listening"]


def test_a_recorder_that_is_stopped_before_it_had_sound_is_not_a_fault() -> None:
    room = MonitoredRoom()
    assert room.monitor.update_registration("s1", "absent", room.now)
    assert not room.monitor.update_registration("s1", "absent", room.now)
    assert room.monitor.update_registration("s1", "stopped", room.now)
    room.let_pass(61)
    assert room.titles == []
    assert room.room_state() is RoomState.ENDED


def test_a_deaf_microphone_that_is_stopped_is_no_longer_deaf() -> None:
    room = MonitoredRoom()
    room.monitor.update_registration("s1", "absent", room.now)
    room.let_pass(61)
    assert room.room_state() is RoomState.DEAF
    room.monitor.update_registration("s1", "stopped", room.now)
    assert room.room_state() is RoomState.ENDED
    assert room.titles == ["nursery: not listening"]


def test_scores_of_a_stopped_recorder_are_expected_until_its_end_has_come() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET])
    room.monitor.update_registration("s1", "stopped", room.now)
    assert room.monitor.state.hearing.expected
    room.end(1)
    assert not room.monitor.state.hearing.expected


def test_a_recorder_that_has_finished_does_not_mean_that_the_session_has_ended() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET], session="s0")
    room.end(1, session="s0")
    room.monitor.update_registration("s1", "ended", room.now)
    assert not room.has_ended("s1")
    room.receive_scores([QUIET])
    assert not room.has_ended("s1")
    room.end(1)
    assert room.has_ended("s1")


def test_a_finished_recorder_without_any_window_does_not_mean_that_the_session_has_ended() -> None:
    room = MonitoredRoom()
    room.monitor.update_registration("s1", "ended", room.now)
    assert room.room_state() is RoomState.ENDED
    assert not room.has_ended("s1")


def test_scores_that_wait_behind_a_gap_count_against_deafness() -> None:
    room = MonitoredRoom(AlertRules(policy=POLICY, lateness_seconds=math.inf, deaf_seconds=60.0))
    room.receive_scores([QUIET])
    for k in range(2, 200):
        room.wait(1.0)
        room.receive(k, QUIET)
        room.effects.append(room.monitor.check_deafness(room.now))
    assert room.titles == []


@pytest.mark.parametrize(
    ("mic_state", "words"),
    [
        ("silent", "The microphone gives nothing but silence"),
        ("stalled", "The microphone gives no sound any more"),
        ("absent", "The microphone cannot be found"),
        ("listening", "Nothing could be checked for crying for 60 s"),
    ],
)
def test_the_warning_says_why_nobody_listens(mic_state: str, words: str) -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.monitor.update_registration("s1", mic_state, room.now)
    room.let_pass(60)

    (notice,) = room.notices
    assert english(notice).title == "nursery: not listening"
    assert english(notice).body.startswith(words)


def test_a_silent_microphone_causes_a_warning_although_windows_come_and_an_all_clear_later() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.monitor.update_registration("s1", "silent", room.now)
    room.let_pass(1)
    room.receive_scores([QUIET] * 5, first=3)
    assert room.titles == ["nursery: not listening"]
    assert room.room_state() is RoomState.DEAF

    room.monitor.update_registration("s1", "listening", room.now)
    room.receive_scores([QUIET], first=8)
    assert room.titles == ["nursery: not listening", "nursery: listening again"]
    assert room.room_state() is RoomState.QUIET


def let_the_recorder_go_on(room: MonitoredRoom, seconds: int, mic_state: str = "listening") -> None:
    """Let the registry show a new heartbeat each second."""
    for _ in range(seconds):
        room.let_pass(1)
        room.monitor.update_registration("s1", mic_state, room.now, room.wall_seconds)


def test_a_session_that_ends_falsely_while_nothing_comes_causes_a_warning() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.end(3)
    assert room.has_ended("s1")
    let_the_recorder_go_on(room, 70)
    assert room.titles == ["nursery: not listening"]
    assert room.room_state() is RoomState.DEAF


@pytest.mark.parametrize("restarts", [0, 1])
def test_a_session_that_ended_falsely_goes_on_with_its_next_window(restarts: int) -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.end(3)
    for _ in range(restarts):
        room.restart()
    assert room.receive(3, LOUD).outcome is DetectionOutcome.STALE
    let_the_recorder_go_on(room, 12)
    assert room.room_state() is RoomState.QUIET
    room.receive_scores([LOUD] * 10, first=4)
    room.let_pass(45)
    room.restart()
    room.receive_scores([LOUD] * 3, first=14)
    assert room.titles == ["nursery: crying"]


@pytest.mark.parametrize("restarts", [0, 1])
def test_the_episode_of_a_room_that_is_retired_ends(restarts: int) -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 5 + [LOUD] * 10)
    for _ in range(restarts):
        room.restart()
    room.monitor.update_registration("s1", "retired", room.now)
    room.let_pass(1)
    (closing,) = room.closings
    assert (closing.ending, closing.end_seconds) == (Ending.END_OF_SESSION, 19.0)
    assert room.room_state() is not RoomState.CRYING
    room.let_pass(200)
    assert room.titles == ["nursery: crying"]
    assert len(room.closings) == 1


@pytest.mark.parametrize("mic_state", ["ended", "stopped"])
def test_a_session_that_has_really_ended_stays_ended(mic_state: str) -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.end(3)
    let_the_recorder_go_on(room, 3)
    let_the_recorder_go_on(room, 100, mic_state)
    assert room.titles == []
    assert room.has_ended("s1")
