"""The sound of the crying, from the chunks in Redis to the parent, through the alerter as a process."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from support.network.mail_receiver import MailReceiver
from support.network.receivers import NoticeReceiver
from support.processes.service_process import START_SECONDS, ServiceProcess
from support.redis.detections import LOUD, QUIET, night, publish
from support.redis.servers import RedisServer
from support.sound.chunks import chunks
from support.sound.clips import find_clip, sirens
from support.waiting import wait_until

from tears.kit.streams import names

StartAlerter = Callable[..., ServiceProcess]

RATE_HZ = 16_000
NIGHT_SECONDS = 40
PLAYED = sirens(NIGHT_SECONDS, RATE_HZ)
# The program that cuts may need this long on a machine that does much else.
CUT_SECONDS = 90.0


def play(client: redis.Redis, session: str = "s1", quiet: int = 20, quiet_after: int = 0) -> None:
    """Publish the sound of a room, then its detections."""
    for one in chunks(PLAYED, rate_hz=RATE_HZ, chunk_samples=RATE_HZ, session=session):
        client.xadd(names.chunks("nursery"), {names.BODY: one.encode()})
    detect_crying(client, session, quiet, quiet_after)


def detect_crying(client: redis.Redis, session: str = "s1", quiet: int = 20, quiet_after: int = 0) -> None:
    """Publish the detections of a cry after so much quiet, and so much quiet after it, just now."""
    now_seconds = time.time()
    scores = [QUIET] * quiet + [LOUD] * 5 + [QUIET] * quiet_after
    publish(
        client,
        [
            replace(one, header=replace(one.header, captured_at_seconds=now_seconds - len(scores) + k))
            for k, one in enumerate(night(scores, session=session))
        ],
    )


def wait_for_outcome(alerter: ServiceProcess, outcome: str) -> None:
    wait_until(
        lambda: alerter.metric("tears_alerter_attachments_total", outcome=outcome) == 1.0,
        CUT_SECONDS,
        describe=alerter.log,
        look_seconds=0.1,
    )


def planned(path: Path) -> int:
    """Return how many attachments wait in the state file."""
    connection = sqlite3.connect(path)
    try:
        found: int = connection.execute("SELECT count(*) FROM attachments").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
    return found


def test_the_text_comes_at_once_and_the_sound_follows(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    with MailReceiver() as mails:
        alerter = start_alerter(alerter_notify=f"{receiver.url()} {mails.url()}", alerter_clip="true")
        play(redis_client)
        wait_until(lambda: len(receiver.texts()) == 1, START_SECONDS, describe=alerter.log)
        wait_until(lambda: len(receiver.files()) == 1 and len(mails.taken) == 2, CUT_SECONDS, describe=alerter.log)
    found = find_clip(receiver.files()[0], PLAYED, RATE_HZ)
    assert found.correlation > 0.98
    # The crying begins at 24 s, and the window that opens the episode ends at 26 s.
    assert found.starts_at_seconds == pytest.approx(19.0, abs=0.1)
    assert found.ends_at_seconds == pytest.approx(26.0, abs=0.15)
    _, mail = mails.taken
    (attached,) = mail.iter_attachments()
    assert attached.get_payload(decode=True) == receiver.files()[0]
    assert receiver.taken[0].get("attachments") == []


def test_nobody_gets_the_sound_unasked(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    alerter = start_alerter(alerter_notify=receiver.url())
    play(redis_client)
    wait_until(lambda: len(receiver.texts()) == 1, START_SECONDS, describe=alerter.log)
    alerter.terminate()
    assert alerter.wait_for_exit() == 0
    assert planned(tmp_path / "alerter.sqlite") == 0
    assert receiver.files() == []


def test_an_upload_that_hangs_delays_no_text(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    receiver.may_answer_files.clear()
    alerter = start_alerter(alerter_notify=receiver.url(), alerter_clip="true")
    play(redis_client)
    # The text, and the upload that is under way.
    wait_until(lambda: len(receiver.headers) == 2, CUT_SECONDS, describe=alerter.log)
    redis_client.delete(names.chunks("nursery"))
    play(redis_client, session="s2", quiet=30)
    wait_until(lambda: len(receiver.texts()) == 2, START_SECONDS, describe=alerter.log)
    assert receiver.files() == []
    receiver.may_answer_files.set()
    wait_until(lambda: len(receiver.files()) == 2, CUT_SECONDS, describe=alerter.log)


def test_an_alerter_that_is_killed_before_or_during_the_upload_sends_the_sound_after_its_restart(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    receiver.may_answer_files.clear()
    settings = {"alerter_notify": receiver.url(), "alerter_clip": "true"}
    alerter = start_alerter(**settings)
    play(redis_client)
    wait_until(lambda: planned(tmp_path / "alerter.sqlite") == 1, START_SECONDS, describe=alerter.log)
    alerter.kill()
    alerter = start_alerter(**settings)
    tried = len(receiver.headers) + 1
    wait_until(lambda: len(receiver.headers) >= tried, CUT_SECONDS, describe=alerter.log)
    alerter.kill()
    assert planned(tmp_path / "alerter.sqlite") == 1
    receiver.taken.clear()
    receiver.may_answer_files.set()
    alerter = start_alerter(**settings)
    wait_until(lambda: planned(tmp_path / "alerter.sqlite") == 0, CUT_SECONDS, describe=alerter.log)
    assert find_clip(receiver.files()[-1], PLAYED, RATE_HZ).correlation > 0.98
    keys = [one["Idempotency-Key"] for one in receiver.headers]
    assert len(set(keys)) == 2


def test_sound_that_is_gone_costs_no_more_than_the_sound(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    alerter = start_alerter(alerter_notify=receiver.url(), alerter_clip="true")
    alerter.wait_until_ready()
    detect_crying(redis_client)
    wait_until(lambda: len(receiver.texts()) == 1, START_SECONDS, describe=alerter.log)
    wait_for_outcome(alerter, "empty")
    assert (receiver.files(), alerter.probe("/readyz")[0]) == ([], 200)


def test_whoever_is_told_of_the_end_gets_the_whole(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    with NoticeReceiver() as texts:
        rules = tmp_path / "alerts.toml"
        rules.write_text(
            f"""
            [[receivers]]
            name = "mother"
            urls = "{receiver.url()}"
            kinds = ["crying_ended"]
            clip = true

            [[receivers]]
            name = "father"
            urls = "{texts.url()}"
            kinds = ["crying", "crying_ended"]
            """
        )
        alerter = start_alerter(alerter_rules=str(rules))
        play(redis_client, quiet_after=12)
        wait_until(lambda: len(receiver.files()) == 1 and len(texts.taken) == 2, CUT_SECONDS, describe=alerter.log)
        assert texts.files() == []
    found = find_clip(receiver.files()[0], PLAYED, RATE_HZ)
    assert found.correlation > 0.98
    assert found.starts_at_seconds == pytest.approx(19.0, abs=0.1)
    # The last loud window ends at 29 s, and 8 s of quiet end the episode.
    assert found.ends_at_seconds == pytest.approx(37.0, abs=0.2)


def test_without_a_redis_that_answers_the_text_is_sent_and_the_sound_later(
    redis_server: RedisServer, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    receiver.may_answer.clear()
    client = redis_server.client()
    alerter = start_alerter(alerter_notify=receiver.url(), alerter_clip="true", redis_url=redis_server.url)
    play(client)
    wait_until(lambda: len(receiver.headers) == 1, START_SECONDS, describe=alerter.log)
    redis_server.freeze()
    receiver.may_answer.set()
    alerter.wait_for_log("has no attachment yet: Redis does not answer", CUT_SECONDS)
    assert len(receiver.texts()) == 1
    redis_server.thaw()
    wait_until(lambda: len(receiver.files()) == 1, CUT_SECONDS, describe=alerter.log)
