import dataclasses
import math

import pytest
from support.alerter.monitored_room import LOUD, QUIET, MonitoredRoom
from support.policies import POLICY

from tears.alerter.episodes.monitor_state import AlertRules
from tears.alerter.order.window_order import DetectionOutcome
from tears.audio.constants import SILENCE_DBFS
from tears.kit.messages import Ending, Episode, EpisodeState
from tears.kit.registry.rooms import RoomState


def test_an_episode_opens_and_closes_with_one_id() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 10 + [LOUD] * 5 + [QUIET] * 20)
    first, second = room.episodes
    assert (first.state, first.ending, second.state, second.ending) == (
        EpisodeState.OPEN,
        Ending.NOT_YET,
        EpisodeState.CLOSED,
        Ending.QUIET,
    )
    assert first.episode_id == second.episode_id
    assert (first.start_seconds, first.alerted_at_seconds, first.end_seconds) == (14.0, 16.0, 16.0)
    assert (second.start_seconds, second.alerted_at_seconds, second.end_seconds) == (14.0, 16.0, 27.0)
    assert first.captured_at_seconds == 1_700_000_000.0 + 12.0
    assert room.titles == ["nursery: crying"]


def test_the_id_depends_only_on_microphone_session_and_opening_window() -> None:
    ids = []
    for lead in (3, 3, 4):
        room = MonitoredRoom()
        room.wait(lead * 1_000.0)
        room.receive_scores([QUIET] * lead + [LOUD] * 5)
        ids.append(room.openings[0].episode_id)
    assert ids[0] == ids[1] != ids[2]


def test_the_episode_s_id_is_the_key_of_the_notice() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] + [LOUD] * 5)
    (notice,) = room.notices
    (opening,) = room.openings
    assert notice.key == opening.episode_id


def test_the_end_of_the_session_closes_the_episode_and_ends_the_room() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] + [LOUD] * 5)
    assert room.room_state() is RoomState.CRYING
    room.end(6)
    (closing,) = room.closings
    assert (closing.ending, closing.end_seconds) == (Ending.END_OF_SESSION, 10.0)
    assert room.effects[-1].must_be_saved
    shown = room.shown()
    assert shown is not None
    assert (shown.state, shown.windows, shown.tombstones, shown.episodes) == (RoomState.ENDED, 6, 0, 1)
    assert (shown.session, shown.heard_until_seconds, shown.cry_score) == ("s1", 10.0, LOUD)
    room.let_pass(1_000)
    assert room.room_state() is RoomState.ENDED


def test_a_session_without_any_window_ends_its_room() -> None:
    room = MonitoredRoom()
    room.end(0)
    shown = room.shown()
    assert shown is not None
    assert (shown.state, shown.session, shown.windows) == (RoomState.ENDED, "s1", 0)


def test_missing_windows_are_not_crying_and_the_next_window_does_not_speak_for_them() -> None:
    room = MonitoredRoom(AlertRules(policy=POLICY, lateness_seconds=0.0, deaf_seconds=60.0))
    room.receive_scores([QUIET])
    for index in (10, 20, 30):
        room.receive(index, LOUD)
        room.effects.append(room.monitor.give_up_overdue(room.now))
    assert room.episodes == []
    assert sum(effects.missing for effects in room.effects) == 27


def test_a_room_with_a_policy_of_its_own_is_judged_by_that() -> None:
    deafer = dataclasses.replace(POLICY, open_threshold=0.95)
    for mic, episodes in (("nursery", 0), ("attic", 1)):
        rules = AlertRules(policy=POLICY, lateness_seconds=45.0, deaf_seconds=60.0, policy_by_mic={mic: deafer})
        room = MonitoredRoom(rules)
        room.receive_scores([LOUD] * 5)
        assert len(room.episodes) == episodes


@pytest.mark.parametrize("hop_seconds", [0.25, 1.0, 2.5])
def test_the_window_after_missing_ones_speaks_for_one_hop(hop_seconds: float) -> None:
    policy = dataclasses.replace(POLICY, evidence_seconds=2.5 * hop_seconds, span_seconds=3.0 * hop_seconds)
    room = MonitoredRoom(AlertRules(policy=policy, lateness_seconds=0.0, deaf_seconds=60.0))
    room.receive_scores([QUIET] * 2, hop_seconds=hop_seconds)
    for index in (10, 11, 12):
        assert room.episodes == []
        room.receive_scores([LOUD], first=index, hop_seconds=hop_seconds)
        room.effects.append(room.monitor.give_up_overdue(room.now))
    assert [one.alerted_at_seconds for one in room.episodes] == [5.0 + 12 * hop_seconds]
    assert room.episodes[0].start_seconds == pytest.approx(5.0 + 9 * hop_seconds)


@pytest.mark.parametrize("announces_its_end", [True, False])
@pytest.mark.parametrize("hiccup_seconds", [1.0, 5.0, 10.0])
def test_a_hiccup_of_the_microphone_during_an_episode_causes_no_second_alert(
    *, announces_its_end: bool, hiccup_seconds: float
) -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 5 + [LOUD] * 10)
    if announces_its_end:
        room.end(15)
    room.let_pass(hiccup_seconds + 4)  # the first window needs its 5 s
    room.receive_scores([LOUD] * 10, session="s2")
    room.let_pass(6)
    room.receive_scores([LOUD] * 10, session="s2", first=10)
    assert room.titles == ["nursery: crying"]
    assert len(room.openings) == (2 if announces_its_end else 1)


@pytest.mark.parametrize("announces_its_end", [True, False])
def test_crying_in_a_session_long_after_the_last_one_causes_a_new_alert(*, announces_its_end: bool) -> None:
    room = MonitoredRoom(AlertRules(policy=POLICY, lateness_seconds=45.0, deaf_seconds=math.inf))
    room.receive_scores([QUIET] * 5 + [LOUD] * 10)
    if announces_its_end:
        room.end(15)
    room.wait(600.0)
    room.receive_scores([LOUD] * 10, session="s2")
    room.let_pass(6)
    assert room.titles == ["nursery: crying"] * 2
    opening = room.openings[1]
    assert (opening.start_seconds, opening.alerted_at_seconds) == (5.0, 7.0)


def test_an_episode_that_continues_in_the_next_session_ends_on_the_clock_of_its_first_session() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 5 + [LOUD] * 10)  # until 19 s of the session
    room.wait(6.0)
    room.receive_scores([LOUD] * 3 + [QUIET] * 20, session="s2")  # crying continues 7 to 9 s later, then it is quiet
    room.let_pass(6)
    (closing,) = room.closings
    assert (closing.start_seconds, closing.alerted_at_seconds) == (9.0, 11.0)
    assert closing.end_seconds == pytest.approx(19.0 + 9.0 + POLICY.quiet_seconds)


@pytest.mark.parametrize("step_seconds", [-3_600.0, 3_600.0])
def test_a_step_of_the_wall_clock_changes_nothing(step_seconds: float) -> None:
    def episodes_of(*, steps: bool) -> list[Episode]:
        room = MonitoredRoom()
        for _ in range(3):
            room.receive_scores([QUIET] * 5 + [LOUD] * 4, first=0)
            room.end(9)
            room.wait(8.0)
            if steps:
                room.wall_seconds += step_seconds
            room.receive_scores([LOUD] * 3 + [QUIET] * 20, session="s2")
        return room.episodes

    times = [
        [(one.start_seconds, one.alerted_at_seconds, one.end_seconds, one.ending) for one in episodes_of(steps=steps)]
        for steps in (True, False)
    ]
    assert times[0] == times[1]


def test_after_a_restart_the_wall_clock_measures_the_time_between_sessions() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 5 + [LOUD] * 10)
    room.wait(600.0)
    room.restart()
    room.receive_scores([LOUD] * 10, session="s2")
    room.let_pass(6)
    assert room.titles == ["nursery: crying"] * 2


def test_after_a_restart_a_wall_clock_that_was_set_back_counts_as_no_time() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 5 + [LOUD] * 10)
    room.wall_seconds -= 3_600.0
    room.restart()
    room.receive_scores([LOUD] * 10, session="s2")
    room.let_pass(6)
    assert room.titles == ["nursery: crying"]
    assert room.monitor.state_to_save().policy.heard_until_seconds == pytest.approx(19.0 + 5.0 + 9.0)


def test_a_restart_during_an_episode_changes_nothing() -> None:
    scores = [QUIET] * 5 + [LOUD] * 10 + [QUIET] * 20
    plain, broken = MonitoredRoom(), MonitoredRoom()
    plain.receive_scores(scores)
    for k, score in enumerate(scores):
        broken.receive_scores([score], first=k)
        broken.restart()
    assert [(e.episode_id, e.state, e.end_seconds) for e in plain.episodes] == [
        (e.episode_id, e.state, e.end_seconds) for e in broken.episodes
    ]
    assert broken.titles == ["nursery: crying"]


def test_the_outcome_of_each_detection_is_returned() -> None:
    room = MonitoredRoom()
    outcomes = [room.receive(index, QUIET).outcome for index in (0, 0, 1)]
    room.end(2)
    assert [*outcomes, room.receive(2, QUIET).outcome] == [
        DetectionOutcome.TAKEN,
        DetectionOutcome.DUPLICATE,
        DetectionOutcome.TAKEN,
        DetectionOutcome.STALE,
    ]


def test_only_crying_in_episodes_is_counted() -> None:
    room = MonitoredRoom()
    room.receive_scores([LOUD] + [QUIET] * 9 + [LOUD] * 5 + [QUIET] * 20)
    assert sum(effects.crying_seconds for effects in room.effects) == 5.0


def test_a_room_without_windows_has_the_level_of_digital_silence() -> None:
    room = MonitoredRoom()
    room.end(0)
    shown = room.shown()
    assert shown is not None
    assert shown.level_dbfs == SILENCE_DBFS
