"""The commands of the command line and of a container, against the alerter as a process."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.processes.tears_command import tears
from support.redis.detections import LOUD, QUIET, night, publish
from support.waiting import wait_until

from tears.kit.commands.giving import wait_for_answer
from tears.kit.messages import Command, CommandKind
from tears.kit.registry.rooms import read_rooms
from tears.kit.streams import names

StartAlerter = Callable[..., ServiceProcess]


def test_a_parent_snoozes_holds_and_resumes_and_gets_the_answer_in_words(
    redis_client: redis.Redis, redis_url: str, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    with start_alerter(alerter_notify=receiver.url()) as alerter:
        publish(redis_client, night([QUIET] * 3))
        wait_until(lambda: "nursery" in read_rooms(redis_client), describe=alerter.log)
        snoozed = tears("snooze", "nursery", "30m", "--redis", redis_url)
        assert "nursery is snoozed for 30 min, until " in snoozed.stdout, snoozed.stderr
        publish(redis_client, night([LOUD] * 6, first=3))
        wait_until(lambda: alerter.metric("tears_alerter_withheld_notices_total", mic="nursery") == 1.0)
        held = tears("hold", "nursery", TEARS_REDIS_URL=redis_url)
        assert "nursery is held until it has been quiet for 20 min" in held.stdout
        assert receiver.taken == []
        assert tears("resume", "nursery", "--redis", redis_url).stdout == "crying in nursery is told again\n"
        wait_until(lambda: len(receiver.taken) == 1)
        assert tears("ack", "--redis", redis_url).stdout == "acknowledged: the crying in nursery\n"
        assert read_rooms(redis_client)["nursery"].is_acknowledged
        unknown = tears("ack", "attic", "--redis", redis_url)
        assert unknown.returncode == 1
        assert "there is no room attic; the rooms are: nursery" in unknown.stderr.replace("\n", " ")


def test_a_command_without_an_alerter_says_so(redis_client: redis.Redis, redis_url: str) -> None:
    redis_client.ping()
    result = tears("ack", "--redis", redis_url)
    assert result.returncode == 1
    assert "the alerter has not answered for 10 s: is it running?" in result.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["snooze", "nursery", "5m"], "5m is not from 10m to 4h"),
        (["snooze", "nursery", "soon"], "is not a length of time such as 30m, 2h or 1h30m"),
        (["ack", "--redis", "redis://127.0.0.1:9/0"], "Redis at 127.0.0.1:9/0 does not answer"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_cure(arguments: list[str], words: str) -> None:
    result = tears(*arguments)
    assert result.returncode != 0
    assert words in " ".join(result.stderr.split())


def test_a_command_is_given_from_a_container_without_the_command(
    redis_client: redis.Redis, redis_url: str, start_alerter: StartAlerter
) -> None:
    command = [sys.executable, "-m", "tears.alerter.commands.give"]
    environ = {**os.environ, "TEARS_REDIS_URL": redis_url}
    with start_alerter():
        publish(redis_client, night([QUIET] * 3))
        wait_until(lambda: "nursery" in read_rooms(redis_client))
        for arguments, words, status in (
            (["snooze", "nursery", "10m"], "nursery is snoozed for 10 min", 0),
            (["resume", "attic"], "there is no room attic", 1),
            (["snooze", "nursery"], "snooze needs a duration", 2),
            (["hold"], "hold needs the name of a room", 2),
        ):
            result = subprocess.run([*command, *arguments], env=environ, capture_output=True, text=True, check=False)
            assert words in result.stdout + result.stderr
            assert result.returncode == status


def test_kills_at_any_moment_lose_no_command_and_obey_none_twice(
    redis_client: redis.Redis, start_alerter: StartAlerter, tmp_path: Path
) -> None:
    """Each command snoozes for a minute longer, so the state shows which was obeyed last."""
    generator, pause, count = random.Random(2), threading.Event(), 60
    publish(redis_client, night([QUIET] * 3))
    alerter = start_alerter()
    wait_until(lambda: "nursery" in read_rooms(redis_client), describe=alerter.log)
    for number in range(count):
        command = Command(
            command_id=f"c{number}",
            issued_at_seconds=time.time(),
            kind=CommandKind.SNOOZE,
            mic="nursery",
            snooze_seconds=600.0 + 60.0 * number,
        )
        # Twice, as a sender that lost its connection does.
        for _ in range(2):
            redis_client.xadd(names.COMMANDS_STREAM, {names.BODY: command.encode()})
        pause.wait(generator.uniform(0.0, 0.03))
        if number % 12 == 11:
            alerter.kill()
            alerter = start_alerter()
    answers = [wait_for_answer(redis_client, f"c{number}", 50.0) for number in range(count)]
    assert [answer.outcome for answer in answers if answer is not None] == ["obeyed"] * count
    left = read_rooms(redis_client)["nursery"].snoozed_until_seconds - time.time()
    assert left == pytest.approx(600.0 + 60.0 * (count - 1), abs=60.0)
    logs = "".join(one.read_text() for one in tmp_path.glob("alerter*.log"))
    assert logs.count("is doubled") >= count - 5
    alerter.terminate()
    assert alerter.wait_for_exit() == 0
