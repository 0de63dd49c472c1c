"""A parent acknowledges, snoozes, holds and resumes, on a real Redis, round by round."""

import pytest
from support.alerter.alerter_runs import AlerterRuns
from support.alerter.crying_room import CryingRoom
from support.redis.detections import LOUD, episodes, night, publish, session_end

from tears.alerter.receivers.announcer import Addressees
from tears.alerter.receivers.rules.receiver_rule import AlertsFile, ReceiverRule
from tears.kit.messages import CommandKind
from tears.kit.streams import names

HALF_HOUR = 1_800


@pytest.fixture
def room(runs: AlerterRuns) -> CryingRoom:
    return CryingRoom(runs)


def test_crying_in_a_snoozed_room_is_counted_and_not_told(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    assert room.shown().snoozed_until_seconds == pytest.approx(room.runs.clock.wall_seconds() + HALF_HOUR)
    assert room.run.metric("snoozed", mic="nursery") == 1.0
    room.cry()
    room.sleep()
    assert room.kinds() == []
    assert len(episodes(room.client)) == 2
    assert room.run.metric("episodes_total", mic="nursery") == 1.0
    assert room.run.metric("withheld_notices_total", mic="nursery") == 1.0
    room.sleep(HALF_HOUR)
    assert room.kinds() == []
    assert room.shown().snoozed_until_seconds == 0.0
    assert room.run.metric("snoozed", mic="nursery") == 0.0
    room.cry()
    assert room.kinds() == ["crying"]


def test_crying_that_goes_on_when_the_snooze_ends_is_told_then_once(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.cry(HALF_HOUR - 60)
    assert room.kinds() == []
    room.cry(300)
    assert room.kinds() == ["crying"]


def test_crying_that_was_told_before_the_snooze_is_told_again_after_it(room: CryingRoom) -> None:
    room.cry()
    assert room.kinds() == ["crying"]
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.cry(HALF_HOUR + 300)
    assert room.kinds() == ["crying"] * 2


def test_crying_that_was_acknowledged_is_not_told_when_the_snooze_ends(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.cry()
    room.obey(CommandKind.ACKNOWLEDGE)
    assert room.shown().is_acknowledged
    room.cry(HALF_HOUR)
    assert room.kinds() == []


def test_other_rooms_are_told(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.hear(LOUD, 50, also="attic")
    # What came before the attic's first window is missing there, and is given up.
    room.hear(LOUD, 50, also="attic")
    assert [mic for (mic,) in room.run.connection.execute("SELECT mic FROM notices")] == ["attic"]


def test_that_nobody_listens_is_told_of_a_snoozed_room(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.run.turn(2, seconds=40.0)
    room.sleep()
    assert room.kinds() == ["not_listening", "listening_again"]


def test_a_resumed_room_is_told_at_once_what_still_cries(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.cry()
    room.obey(CommandKind.RESUME)
    assert room.kinds() == ["crying"]
    room.cry(HALF_HOUR)
    assert room.kinds() == ["crying"]
    answer = room.give(CommandKind.RESUME, mic="nursery")
    assert answer is not None
    assert (answer.outcome, answer.words) == ("needless", "nursery is neither snoozed nor held: its crying is told")


def test_a_held_room_is_silent_until_it_has_been_quiet_for_20_minutes(room: CryingRoom) -> None:
    room.obey(CommandKind.HOLD)
    assert room.shown().is_held
    room.cry(60)
    room.sleep(19 * 60)
    room.cry(60)
    room.sleep(19 * 60)
    assert room.shown().is_held
    room.sleep(120)
    assert not room.shown().is_held
    assert room.kinds() == []
    room.cry()
    assert room.kinds() == ["crying"]


def test_time_in_which_nobody_listens_is_not_quiet(room: CryingRoom) -> None:
    room.obey(CommandKind.HOLD)
    room.run.turn(40, seconds=60.0)
    assert room.kinds() == ["not_listening"]
    assert room.shown().is_held


def test_a_hold_ends_after_its_longest_time_of_crying(room: CryingRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    # Less than the 4 hours, whose windows would take long to judge.
    monkeypatch.setattr("tears.alerter.commands.command_rule.LONGEST_HOLD_SECONDS", float(HALF_HOUR))
    room.obey(CommandKind.HOLD)
    room.cry(HALF_HOUR - 60)
    assert room.kinds() == []
    room.cry(120)
    assert room.kinds() == ["crying"]


@pytest.mark.parametrize("jump_seconds", [0.0, 3_600.0, -3_600.0, 86_400.0, -86_400.0, -1_700_000_000.0])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_snooze_lasts_as_long_as_was_asked_whatever_the_clock_does(
    room: CryingRoom, jump_seconds: float, *, is_restarted: bool
) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.cry(600)
    if is_restarted:
        room.run.kill()
    room.runs.clock.step_wall(jump_seconds)
    if is_restarted:
        room.restart()
    room.cry(HALF_HOUR - 660)
    assert room.kinds() == []
    assert room.shown().snoozed_until_seconds == pytest.approx(room.runs.clock.wall_seconds() + 60.0)
    room.cry(120)
    assert room.kinds() == ["crying"]


@pytest.mark.parametrize(("jump_seconds", "snoozed_for_seconds"), [(0.0, 1_200), (86_400.0, 0), (-86_400.0, 1_200)])
def test_a_snooze_survives_a_restart_of_the_machine_and_ends_early_rather_than_late(
    room: CryingRoom, monkeypatch: pytest.MonkeyPatch, jump_seconds: float, snoozed_for_seconds: int
) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.cry(600)
    room.run.alerter._save(at_once=True)
    monkeypatch.setattr("tears.alerter.loop.boot_id", lambda: "another start")
    room.runs.clock.step_wall(jump_seconds)
    room.restart()
    if snoozed_for_seconds:
        room.cry(snoozed_for_seconds - 90)
        assert room.kinds() == []
        room.cry(180)
    assert room.kinds() == ["crying"]


def test_a_snooze_that_ended_while_the_alerter_was_away_is_told_if_it_still_cries(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=600)
    room.cry(300)
    room.run.kill()
    room.runs.clock.advance(3_000)
    room.restart()
    assert room.kinds() == ["crying"]


def test_a_hold_and_its_quiet_time_survive_a_restart(room: CryingRoom) -> None:
    room.obey(CommandKind.HOLD)
    room.sleep(900)
    room.run.alerter._save(at_once=True)
    room.restart()
    room.sleep(240)
    assert room.shown().is_held
    room.sleep(120)
    assert not room.shown().is_held


def test_an_acknowledged_episode_stays_acknowledged_after_a_restart(room: CryingRoom) -> None:
    room.cry()
    (opened,) = episodes(room.client)
    answer = room.give(CommandKind.ACKNOWLEDGE, episode_id=opened.episode_id)
    assert answer is not None
    assert answer.words == "acknowledged: the crying in nursery"
    room.restart()
    assert room.run.alerter._rooms.house.state.is_acknowledged(opened.episode_id)
    assert room.shown().is_acknowledged


def test_an_acknowledgement_that_nobody_listens_ends_when_somebody_does(room: CryingRoom) -> None:
    room.run.turn(2, seconds=40.0)
    answer = room.give(CommandKind.ACKNOWLEDGE)
    assert answer is not None
    assert answer.words == "acknowledged: that nobody listens to nursery"
    assert room.run.alerter._rooms.house.state.is_acknowledged("deaf/nursery")
    room.sleep()
    assert not room.run.alerter._rooms.house.state.is_acknowledged("deaf/nursery")


def test_crying_that_a_snooze_has_hidden_is_told_if_it_goes_on_in_the_next_session(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.cry(20)
    publish(room.client, [session_end(25)])
    room.run.turn()
    room.obey(CommandKind.RESUME)
    assert room.kinds() == []
    publish(room.client, night([LOUD] * 8, session="s2"))
    room.run.turn(2)
    assert room.kinds() == ["crying"]


def test_wishes_that_cannot_be_read_are_forgotten_and_alerts_go_on(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.run.connection.execute("UPDATE house SET state = ?", (b"{",))
    # A command of the last minute would be read and obeyed again.
    room.client.delete(names.COMMANDS_STREAM)
    room.restart()
    assert room.shown().snoozed_until_seconds == 0.0
    room.cry()
    assert room.kinds() == ["crying"]


def test_what_was_asked_for_outlives_a_lost_state_file(room: CryingRoom, runs: AlerterRuns) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    runs.path.unlink()
    room.run.turn(2, seconds=2.0)
    room.restart()
    assert room.shown().snoozed_until_seconds > 0.0


def test_a_restart_during_a_snooze_with_repeats_tells_nothing_before_its_end(
    runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = ReceiverRule(name="parent", repeat_seconds=60.0, repeat_most=3)
    addressees = Addressees(
        rules=AlertsFile(receivers=(rule,)), targets={"parent": ["parent"]}, repeat_targets={"parent": ["parent"]}
    )
    monkeypatch.setattr("support.alerter.alerter_runs.EVERYTHING_TO_ONE_PARENT", addressees)
    room = CryingRoom(runs)
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    room.cry(600)
    room.restart()
    room.cry(HALF_HOUR - 660)
    assert room.kinds() == []
    room.cry(100)
    room.obey(CommandKind.ACKNOWLEDGE)
    room.cry(300)
    assert room.kinds() == ["crying"]
