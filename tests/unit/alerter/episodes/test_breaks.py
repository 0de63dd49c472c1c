"""A microphone that gives a burst and drops, over and over: what was heard before and after counts together."""

import dataclasses

import pytest
from support.alerter.monitored_room import LOUD, QUIET, RULES, MonitoredRoom
from support.policies import POLICY

from tears.policy.parameters import Policy

# A window is complete 5 s after its session began; `receive_scores` waits for a hop of 1 s before each.
UNTIL_FIRST_WINDOW_SECONDS = 4.0


def give_burst(room: MonitoredRoom, number: int, scores: list[float], drop_seconds: float) -> None:
    """Let a session come and go: the recorder registers it, its windows come, and it breaks off for a while."""
    session = f"burst-{number}"
    room.monitor.update_registration(session, "listening", room.now)
    room.let_pass(UNTIL_FIRST_WINDOW_SECONDS)
    room.receive_scores(scores, session)
    room.let_pass(drop_seconds)


def room_after_a_good_session(policy: Policy = POLICY) -> MonitoredRoom:
    room = MonitoredRoom(dataclasses.replace(RULES, policy=policy))
    room.monitor.update_registration("s1", "listening", room.now)
    room.receive_scores([QUIET] * 5)
    room.let_pass(3)
    return room


@pytest.mark.parametrize("windows", [1, 2, 3])
@pytest.mark.parametrize("drop_seconds", [1, 3, 8])
def test_crying_in_short_sessions_is_alerted_as_soon_as_enough_of_it_was_heard(windows: int, drop_seconds: int) -> None:
    room = room_after_a_good_session()
    began_at_seconds = room.monotonic_seconds
    bursts = 0
    while not room.openings:
        assert bursts < 4
        give_burst(room, bursts, [LOUD] * windows, drop_seconds)
        bursts += 1
    assert room.titles == ["nursery: crying"]
    # Each window speaks for a second, and two seconds are enough.
    assert bursts == (2 if windows == 1 else 1)
    heard_seconds = bursts * (UNTIL_FIRST_WINDOW_SECONDS + windows + drop_seconds)
    assert room.monotonic_seconds - began_at_seconds <= heard_seconds


@pytest.mark.parametrize("drop_seconds", [2, 12, 20, 40])
def test_with_the_shipped_policy_the_first_window_after_a_drop_is_enough(drop_seconds: int) -> None:
    room = room_after_a_good_session(Policy())
    give_burst(room, 0, [QUIET], drop_seconds)
    give_burst(room, 1, [LOUD], 2)
    assert room.titles == ["nursery: crying"]


@pytest.mark.parametrize("burst_seconds", [5, 6, 8, 12])
@pytest.mark.parametrize("drop_seconds", [1, 6, 12, 20])
def test_an_alert_comes_as_soon_as_a_window_of_a_burst_can_hold_the_crying(
    burst_seconds: int, drop_seconds: int
) -> None:
    """Let the crying begin at each second of a burst and of the drop after it."""
    for onset_seconds in range(burst_seconds + drop_seconds):
        room = room_after_a_good_session(Policy())
        onset_at_seconds = room.monotonic_seconds + onset_seconds
        for number in range(3):
            begin_seconds = room.monotonic_seconds
            ends = [begin_seconds + 5 + k for k in range(burst_seconds - 4)]
            scores = [LOUD if end - onset_at_seconds >= 1 else QUIET for end in ends]
            give_burst(room, number, scores, drop_seconds)
            if room.openings:
                break
        # Crying that begins in the last second of a burst is heard when the next burst has filled a window.
        told_at_seconds = room.openings[0].captured_at_seconds - room.wall_seconds + room.monotonic_seconds
        assert told_at_seconds - onset_at_seconds <= 1 + drop_seconds + 5


def test_quiet_between_two_bursts_of_crying_does_not_count_as_crying() -> None:
    room = room_after_a_good_session()
    for number, score in enumerate([LOUD, QUIET, QUIET, QUIET, LOUD]):
        give_burst(room, number, [score], 3)
    assert not room.openings


def test_crying_before_a_long_break_is_forgotten() -> None:
    room = room_after_a_good_session()
    give_burst(room, 0, [LOUD], 3)
    room.let_pass(POLICY.unheard_seconds)
    give_burst(room, 1, [LOUD], 3)
    assert not room.openings


def test_crying_before_a_session_that_announced_its_end_is_forgotten() -> None:
    room = room_after_a_good_session()
    room.receive_scores([LOUD], first=5)
    room.end(6)
    give_burst(room, 1, [LOUD, LOUD], 3)
    assert not room.openings


def test_a_restart_between_two_bursts_changes_nothing() -> None:
    room = room_after_a_good_session()
    give_burst(room, 0, [LOUD], 3)
    room.restart()
    give_burst(room, 1, [LOUD, LOUD], 3)
    assert room.titles == ["nursery: crying"]


def test_an_episode_goes_on_through_bursts_and_is_alerted_once() -> None:
    room = room_after_a_good_session()
    for number in range(8):
        give_burst(room, number, [LOUD, LOUD], 5)
    assert room.titles == ["nursery: crying"]
    assert len(room.openings) == 1
    assert not room.closings
