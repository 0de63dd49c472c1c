"""Each command is answered, counted and obeyed once, and no alert depends on them."""

import threading
import time
import tracemalloc
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
import redis
from support.alerter.alerter_runs import AlerterRuns
from support.alerter.crying_room import CryingRoom
from support.redis.servers import RedisServer

from tears.alerter.receivers.page.page_thread import PageThread
from tears.kit.access.link_key import LinkKey
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.messages import Command, CommandKind
from tears.kit.streams import names


@pytest.fixture
def room(runs: AlerterRuns) -> CryingRoom:
    return CryingRoom(runs)


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
    assert room.shown().snoozed_until_seconds == 0.0
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
    assert room.shown().snoozed_until_seconds == 0.0
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
    assert room.shown().snoozed_until_seconds > 0.0


def test_what_is_far_too_long_for_a_command_takes_no_memory(room: CryingRoom) -> None:
    # Whoever may give commands, such as the parents' page, may write as much as Redis takes.
    for field in (names.BODY, b"other"):
        room.client.xadd(names.COMMANDS_STREAM, {field: b"x" * 16 * 1024 * 1024})
    add(room.client, snooze().encode())
    page = PageThread(room.client, Mock(), LinkKey(), room.run.metrics, room.runs.clock, threading.Event())
    tracemalloc.start()
    try:
        room.run.turn()
        page.turn()
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 8 * 1024 * 1024
    assert room.outcome_count("malformed") == 2.0
    assert room.shown().snoozed_until_seconds > 0.0


def test_an_entry_with_the_greatest_of_all_ids_breaks_nothing(room: CryingRoom) -> None:
    greatest = f"{2**64 - 1}-{2**64 - 1}"
    room.client.xadd(names.COMMANDS_STREAM, {names.BODY: snooze().encode()}, id=greatest)
    room.run.turn()
    assert room.shown().snoozed_until_seconds > 0.0
    room.client.delete(names.COMMANDS_STREAM)
    room.obey(CommandKind.HOLD)


def test_a_command_that_breaks_the_code_does_not_stop_the_next_one(
    room: CryingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("tears.alerter.commands.house.obey", lambda *_: 1 / 0)
        add(room.client, snooze().encode())
        room.run.turn()
    assert room.outcome_count("failed") == 1.0
    answer = wait_for_answer(room.client, "c1", 0.0)
    assert answer is not None
    assert answer.outcome == "failed"
    add(room.client, replace(snooze(), command_id="c2").encode())
    room.run.turn()
    assert room.shown().snoozed_until_seconds > 0.0


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
    give_command(room.client, CommandKind.ACKNOWLEDGE, sender="test")
    room.cry(10)
    assert room.kinds() == ["crying"]
    runs.close()


def test_a_key_of_another_type_stops_no_alert(room: CryingRoom) -> None:
    room.client.set(names.COMMANDS_STREAM, "text")
    room.cry()
    assert room.kinds() == ["crying"]
    room.client.delete(names.COMMANDS_STREAM)
    room.obey(CommandKind.ACKNOWLEDGE)
