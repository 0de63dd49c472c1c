"""A parent acknowledges, snoozes, holds and resumes, on a real Redis, round by round."""

import time
from typing import Any

import pytest
import redis
from support.alerter.alerter_runs import AlerterRuns
from support.alerter.crying_room import CryingRoom
from support.redis.detections import LOUD, episodes
from support.redis.servers import RedisServer

from tears.alerter.commands.command_rule import LONGEST_HOLD_SECONDS
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.messages import Command, CommandKind
from tears.kit.registry.rooms import RoomRecord, read_rooms
from tears.kit.streams import names

HALF_HOUR = 1_800


@pytest.fixture
def room(runs: AlerterRuns) -> CryingRoom:
    made = CryingRoom(runs)
    made.sleep(5)
    return made


def shown(room: CryingRoom) -> RoomRecord:
    return read_rooms(room.client)["nursery"]


def test_crying_in_a_snoozed_room_is_counted_and_not_told(room: CryingRoom) -> None:
    room.obey(CommandKind.SNOOZE, snooze_seconds=HALF_HOUR)
    assert shown(room).snoozed_until_seconds == pytest.approx(room.runs.clock.wall_seconds() + HALF_HOUR)
    assert room.run.metric("snoozed", mic="nursery") == 1.0
    room.cry()
    room.sleep()
    assert room.kinds() == []
    assert len(episodes(room.client)) == 2
    assert room.run.metric("episodes_total", mic="nursery") == 1.0
    assert room.run.metric("withheld_notices_total", mic="nursery") == 1.0
    room.sleep(HALF_HOUR)
    assert room.kinds() == []
    assert shown(room).snoozed_until_seconds == 0.0
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
    assert shown(room).is_acknowledged
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
    assert shown(room).is_held
    room.cry(60)
    room.sleep(19 * 60)
    room.cry(60)
    room.sleep(19 * 60)
    assert shown(room).is_held
    room.sleep(120)
    assert not shown(room).is_held
    assert room.kinds() == []
    room.cry()
    assert room.kinds() == ["crying"]


def test_time_in_which_nobody_listens_is_not_quiet(room: CryingRoom) -> None:
    room.obey(CommandKind.HOLD)
    room.run.turn(40, seconds=60.0)
    assert room.kinds() == ["not_listening"]
    assert shown(room).is_held


def test_a_hold_ends_after_4_hours_of_crying(room: CryingRoom) -> None:
    room.obey(CommandKind.HOLD)
    room.cry(int(LONGEST_HOLD_SECONDS) - 60)
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
    assert shown(room).snoozed_until_seconds == pytest.approx(room.runs.clock.wall_seconds() + 60.0)
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
    assert shown(room).is_held
    room.sleep(120)
    assert not shown(room).is_held


def test_an_acknowledged_episode_stays_acknowledged_after_a_restart(room: CryingRoom) -> None:
    room.cry()
    (opened,) = episodes(room.client)
    answer = room.give(CommandKind.ACKNOWLEDGE, episode_id=opened.episode_id)
    assert answer is not None
    assert answer.words == "acknowledged: the crying in nursery"
    room.restart()
    assert room.run.alerter._rooms.house.state.is_acknowledged(opened.episode_id)
    assert shown(room).is_acknowledged


def test_an_acknowledgement_that_nobody_listens_ends_when_somebody_does(room: CryingRoom) -> None:
    room.run.turn(2, seconds=40.0)
    answer = room.give(CommandKind.ACKNOWLEDGE)
    assert answer is not None
    assert answer.words == "acknowledged: that nobody listens to nursery"
    assert room.run.alerter._rooms.house.state.is_acknowledged("deaf/nursery")
    room.sleep()
    assert not room.run.alerter._rooms.house.state.is_acknowledged("deaf/nursery")


@pytest.mark.parametrize(
    ("kind", "fields", "outcome", "words"),
    [
        (CommandKind.ACKNOWLEDGE, {}, "needless", "there is nothing to acknowledge: no room is crying"),
        (CommandKind.ACKNOWLEDGE, {"mic": "nursery"}, "needless", "nursery is neither crying nor"),
        (CommandKind.ACKNOWLEDGE, {"episode_id": "e"}, "unknown", "no open episode has this id; it may have ended"),
        (
            CommandKind.SNOOZE,
            {"mic": "attic", "snooze_seconds": 600.0},
            "unknown",
            "no room attic; the rooms are: nurs",
        ),
        (CommandKind.HOLD, {"mic": "a\nb"}, "unknown", "there is no room a?b; the rooms are: nursery"),
        (CommandKind.SNOOZE, {"mic": "nursery", "snooze_seconds": 60.0}, "malformed", "a snooze of 60 s; choose 600"),
        (CommandKind.RESUME, {}, "malformed", "names no room"),
        (CommandKind.SNOOZE, {"mic": "nursery", "snooze_seconds": 600.0}, "obeyed", "is snoozed for 10 min, until "),
        (CommandKind.HOLD, {"mic": "nursery"}, "obeyed", "is held until it has been quiet for 20 min, for 4 h at most"),
    ],
)
def test_each_command_is_counted_logged_and_answered_in_words(
    room: CryingRoom,
    caplog: pytest.LogCaptureFixture,
    kind: CommandKind,
    fields: dict[str, Any],
    outcome: str,
    words: str,
) -> None:
    with caplog.at_level("INFO"):
        answer = room.give(kind, **fields)
    assert answer is not None
    assert answer.outcome == outcome
    assert words in answer.words
    assert room.outcome_count(outcome) == 1.0
    assert words in caplog.text


def add(client: redis.Redis, body: bytes) -> None:
    client.xadd(names.COMMANDS_STREAM, {names.BODY: body})


def snooze(age_seconds: float = 0.0) -> Command:
    """Return the command, as old as this."""
    return Command(
        command_id="c1",
        issued_at_seconds=time.time() - age_seconds,
        kind=CommandKind.SNOOZE,
        mic="nursery",
        snooze_seconds=600.0,
    )


@pytest.mark.parametrize("age_seconds", [120.0, -120.0, 1e9])
def test_a_command_of_another_time_is_stale(room: CryingRoom, age_seconds: float) -> None:
    add(room.client, snooze(age_seconds).encode())
    room.run.turn()
    assert room.outcome_count("stale") == 1.0
    assert shown(room).snoozed_until_seconds == 0.0
    answer = wait_for_answer(room.client, "c1", 0.0)
    assert answer is not None
    assert "is not obeyed; give it again" in answer.words


def test_a_command_that_comes_twice_is_obeyed_once_also_after_a_restart(room: CryingRoom) -> None:
    body = snooze().encode()
    add(room.client, body)
    room.run.turn()
    room.obey(CommandKind.RESUME)
    add(room.client, body)
    room.run.turn()
    assert room.outcome_count("doubled") == 1.0
    room.restart()
    add(room.client, body)
    room.run.turn()
    assert room.outcome_count("doubled") == 1.0
    assert shown(room).snoozed_until_seconds == 0.0
    answer = wait_for_answer(room.client, "c1", 0.0)
    assert answer is not None
    assert answer.outcome == "obeyed"


def test_bytes_that_are_no_command_do_not_stop_the_next_one(room: CryingRoom) -> None:
    for body in (b"", b"\xff\xff", b"x" * 10_000, b'{"command": "snooze"}'):
        add(room.client, body)
    room.client.xadd(names.COMMANDS_STREAM, {"other": b"field"})
    add(room.client, snooze().encode())
    room.run.turn()
    assert room.outcome_count("malformed") == 5.0
    assert shown(room).snoozed_until_seconds > 0.0


def test_commands_are_read_after_redis_was_wiped_and_its_clock_set_back(room: CryingRoom) -> None:
    room.client.xadd(names.COMMANDS_STREAM, {names.BODY: b"old"}, id="9999999999999-0")
    room.run.turn()
    room.client.delete(names.COMMANDS_STREAM)
    room.run.turn(seconds=2.0)
    room.obey(CommandKind.HOLD)


@pytest.mark.parametrize(
    "rules",
    [
        ["-time"],
        ["-xinfo"],
        ["-set"],
        ["resetkeys", "~tears:detections", "~tears:episodes", "~tears:rooms", "~tears:told:*"],
    ],
    ids=" ".join,
)
def test_alerts_go_on_if_redis_refuses_what_commands_need(
    redis_server: RedisServer, tmp_path: Any, rules: list[str]
) -> None:
    runs = AlerterRuns(redis_server.client_of_user(*rules), tmp_path / "alerter.sqlite")
    room = CryingRoom(runs)
    room.client = redis_server.client()
    room.sleep(5)
    give_command(room.client, CommandKind.ACKNOWLEDGE, sender="test")
    room.sleep(5)
    room.cry(10)
    assert room.kinds() == ["crying"]
    runs.close()


def test_a_key_of_another_type_stops_no_alert(room: CryingRoom) -> None:
    room.client.set(names.COMMANDS_STREAM, "text")
    room.cry()
    assert room.kinds() == ["crying"]
    room.client.delete(names.COMMANDS_STREAM)
    room.obey(CommandKind.ACKNOWLEDGE)
