import random
import re
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from support.alerter.notices import english
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.redis.detections import LOUD, QUIET, cries, episodes, header, night, publish, scored, session_end
from support.waiting import wait_until

from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.room_notices import crying_notice
from tears.kit.messages import Ending, Episode, EpisodeState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord, RoomState, read_rooms
from tears.kit.streams import names

StartAlerter = Callable[..., ServiceProcess]


def wait_for_end(client: redis.Redis, process: ServiceProcess, mic: str = "nursery") -> RoomRecord:
    def look() -> RoomRecord | None:
        assert process.is_running, process.log()
        room = read_rooms(client).get(mic)
        return room if room and room.state is RoomState.ENDED else None

    room = wait_until(look, describe=process.log)
    assert room is not None
    return room


def test_a_night_becomes_episodes_and_each_causes_one_notice(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    scores = cries(20)
    with start_alerter(alerter_notify=receiver.url(), alerter_lateness_seconds="inf") as alerter:
        publish(redis_client, [*night(scores), session_end(len(scores))])
        room = wait_for_end(redis_client, alerter)
        published = episodes(redis_client)
        wait_until(lambda: len(receiver.taken) == 20)
        assert alerter.metric("tears_alerter_episodes_total", mic="nursery") == 20.0
        assert alerter.metric("tears_alerter_crying_seconds_total", mic="nursery") == 160.0
        alerter.terminate()
        assert alerter.wait_for_exit() == 0
    assert (room.windows, room.tombstones, room.episodes, room.session) == (len(scores), 0, 20, "s1")
    assert [one.state for one in published] == [EpisodeState.OPEN, EpisodeState.CLOSED] * 20
    assert [one.alerted_at_seconds for one in published[::2]] == [9.0 + 22.0 * k for k in range(20)]
    assert receiver.texts() == [told(one) for one in published[::2]]


def test_detections_out_of_order_make_the_same_episodes(redis_client: redis.Redis, start_alerter: StartAlerter) -> None:
    scores = cries(5)
    detections = [*night(scores), session_end(len(scores))]
    random.Random(1).shuffle(detections)
    with start_alerter(alerter_lateness_seconds="inf") as alerter:
        publish(redis_client, detections + detections[:40])
        wait_for_end(redis_client, alerter)
        assert [one.alerted_at_seconds for one in episodes(redis_client)[::2]] == [9.0 + 22.0 * k for k in range(5)]
        wait_until(
            lambda: (
                alerter.metric("tears_alerter_detections_total", outcome="stale")
                + alerter.metric("tears_alerter_detections_total", outcome="duplicate")
                == 40.0
            )
        )


def test_kills_at_any_moment_lose_no_episode_and_repeat_no_notice(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    runs, cries_per_run = 6, 8
    total = runs * cries_per_run
    generator = random.Random(1)
    scores = cries(total)
    detections = [*night(scores), session_end(len(scores))]
    # Some come out of order, so that a kill also finds held ones.
    arriving = [detections[k] for k in sorted(range(len(detections)), key=lambda k: k + generator.uniform(0, 6))]
    part = len(arriving) // runs + 1
    pause = threading.Event()
    may_be_taken_twice: set[str] = set()
    for begin in range(0, len(arriving), part):
        alerter = start_alerter(alerter_notify=receiver.url(), alerter_lateness_seconds="inf")
        middle, end = begin + part // 2, begin + part
        publish(redis_client, arriving[begin:middle])
        enough = len(receiver.taken) + generator.randint(1, 3)
        wait_until(lambda: len(receiver.taken) >= enough, describe=alerter.log)  # noqa: B023 - called in this round
        dies_at = generator.randrange(middle, end)
        for at in range(middle, end, 3):
            publish(redis_client, arriving[at : min(at + 3, end)])
            pause.wait(generator.uniform(0.0, 0.01))
            if at <= dies_at < at + 3:
                alerter.kill()
        may_be_taken_twice |= waiting_texts(tmp_path / "alerter.sqlite") & set(receiver.texts())
    with start_alerter(alerter_notify=receiver.url(), alerter_lateness_seconds="inf") as alerter:
        room = wait_for_end(redis_client, alerter)
        published = episodes(redis_client)
        wait_until(lambda: len(set(receiver.texts())) == total, describe=alerter.log)
        wait_until(lambda: waiting_texts(tmp_path / "alerter.sqlite") == set())
    assert (room.windows, room.episodes) == (len(scores), total)
    assert [one.state for one in published] == [EpisodeState.OPEN, EpisodeState.CLOSED] * total
    assert [one.alerted_at_seconds for one in published[::2]] == [9.0 + 22.0 * k for k in range(total)]
    assert [one.ending for one in published[1::2]] == [Ending.QUIET] * total
    assert set(receiver.texts()) == {told(one) for one in published[::2]}
    twice = {text for text, times in Counter(receiver.texts()).items() if times > 1}
    assert twice <= may_be_taken_twice


def told(episode: Episode) -> str:
    """Return what a parent reads today about an episode that has opened."""
    return english(crying_notice(episode), time.time()).body


def waiting_texts(path: Path) -> set[str]:
    """Return the texts in the outbox of an alerter that is dead, or between its commits."""
    connection = sqlite3.connect(path)
    try:
        targets = [target for (target,) in connection.execute("SELECT DISTINCT target FROM notices")]
        waiting = [one.notice for target in targets for one in Outbox(connection, targets).waiting_notices(target)]
        return {english(notice, time.time()).body for notice in waiting}
    except sqlite3.OperationalError:  # killed before it made its tables
        return set()
    finally:
        connection.close()


def test_garbage_is_buried_and_the_next_entries_are_judged(
    redis_client: redis.Redis, start_alerter: StartAlerter
) -> None:
    scores = cries(1)
    detections = night(scores)
    with start_alerter(alerter_lateness_seconds="inf") as alerter:
        redis_client.xadd(names.DETECTIONS_STREAM, {names.BODY: b"\xff\xffgarbage"})
        publish(redis_client, detections[:8])
        redis_client.xadd(names.DETECTIONS_STREAM, {b"other": b"field"})
        publish(redis_client, [*detections[8:], session_end(len(scores))])
        wait_for_end(redis_client, alerter)
        assert alerter.metric("tears_alerter_detections_total", outcome="dead") == 2.0
    buried: Any = redis_client.xrange(names.dead(names.DETECTIONS_STREAM))
    assert [fields[names.BODY] for _, fields in buried] == [b"\xff\xffgarbage", b""]
    assert len(episodes(redis_client)) == 2


def test_a_model_without_the_cry_label_is_an_error_that_names_its_labels(
    redis_client: redis.Redis, start_alerter: StartAlerter
) -> None:
    with start_alerter(alerter_cry_label="weeping") as alerter:
        publish(redis_client, night([LOUD] * 10))
        found = alerter.wait_for_log("the model has no label weeping, but noise, crying")
        assert found
        wait_until(lambda: alerter.metric("tears_alerter_tombstones_total", reason="no_cry_label") == 10.0)
        assert alerter.probe("/readyz")[0] == 503
        assert alerter.log().count("the model has no label") == 1
    assert episodes(redis_client) == []


def test_a_refusing_receiver_does_not_cause_repeats_for_the_others(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    with NoticeReceiver() as refusing:
        refusing.status = 503
        urls = f"{receiver.url()} {refusing.url()}"
        alerter = start_alerter(alerter_notify=urls)
        publish(redis_client, night(cries(1)))
        wait_until(lambda: len(receiver.taken) == 1 and len(refusing.paths) >= 2)
        alerter.terminate()
        alerter.wait_for_exit()
        refusing.status = 200
        with start_alerter(alerter_notify=urls):
            wait_until(lambda: len(refusing.taken) == 1)
    assert len(receiver.taken) == 1


def test_a_receiver_that_is_no_longer_configured_gets_no_more_notices(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    receiver.status = 503
    with start_alerter(alerter_notify=receiver.url()):
        publish(redis_client, night(cries(1)))
        wait_until(lambda: len(receiver.paths) >= 1)
    receiver.status = 200
    with start_alerter() as alerter:
        alerter.wait_for_log("dropped 1 notices")
        alerter.wait_until_ready()
        assert alerter.metric("tears_alerter_notifications_total", outcome="unconfigured") == 1.0
    assert receiver.taken == []


def test_secrets_are_neither_logged_nor_stored(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    receiver.status = 500
    url = f"json://user:pa55word@127.0.0.1:{receiver.port}/t0ken?+X-Key=k3y"
    alerter = start_alerter(alerter_notify=f"{url} json://127.0.0.1:9/n0body", log_level="DEBUG")
    publish(redis_client, night(cries(1)))
    wait_until(lambda: len(receiver.paths) >= 2)
    wait_until(lambda: alerter.metric("tears_alerter_notifications_total", outcome="failed") >= 4.0)
    alerter.terminate()
    assert alerter.wait_for_exit() == 0
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert {one.name for one in files} >= {"alerter.sqlite", "alerter0.log"}
    for secret in (b"pa55word", b"t0ken", b"k3y", b"n0body"):
        assert [one.name for one in files if secret in one.read_bytes()] == []


def test_the_error_about_a_malformed_url_names_its_position_and_does_not_show_it(
    start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    with start_alerter(alerter_notify=f"{receiver.url()} nonsense://pa55word@host", log_level="DEBUG") as alerter:
        assert alerter.wait_for_exit() == 78
        assert "URL 2 of TEARS_ALERTER_NOTIFY" in alerter.log()
        assert "pa55word" not in alerter.log()


def test_a_time_zone_that_does_not_exist_is_refused_at_the_start(
    start_alerter: StartAlerter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berln")
    with start_alerter() as alerter:
        assert alerter.wait_for_exit() == 78
        assert "TZ is Europe/Berln, which is not a time zone" in alerter.log()
        assert "did you mean Europe/Berlin?" in alerter.log()


def test_a_german_parent_reads_german_and_the_time_of_the_house_with_a_link(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    settings = {"alerter_language": "de", "journal_url": "http://tears.local:8080"}
    with start_alerter(alerter_notify=receiver.url(), **settings):
        publish(redis_client, night(cries(1)))
        wait_until(lambda: len(receiver.taken) == 1)
    (taken,) = receiver.taken
    assert (taken["title"], taken["type"]) == ("nursery: Weinen", "warning")
    # The clock of the test's night shows 2023, which no clock does that was set.
    pattern = r"Es weint seit 14\. November 2023, 23:13:\d\d \(die Uhr war nicht gestellt\)\.\nhttp://tears\.local:8080"
    pattern += r"/episodes/[0-9a-f-]+\?at=\d+"
    assert re.fullmatch(pattern, taken["message"])


@pytest.mark.parametrize("url", ["json://mum/s3cret,json://dad/s3cret", "ntfy://s3cret@host/mum/dad"])
def test_a_url_that_names_several_receivers_is_refused(
    start_alerter: StartAlerter, receiver: NoticeReceiver, url: str
) -> None:
    with start_alerter(alerter_notify=f"{receiver.url()} {url}") as alerter:
        assert alerter.wait_for_exit() == 78
        assert "URL 2 of TEARS_ALERTER_NOTIFY names 2 receivers" in alerter.log()
        assert "s3cret" not in alerter.log()


def test_a_registered_microphone_without_any_score_causes_a_warning(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    record = MicRecord(
        mic="nursery", sample_rate_hz=48_000, channels=1, device="usb", session="s1", heartbeat_seconds=0.0
    )
    redis_client.hset(names.MICS_HASH, "nursery", record.encode())
    with start_alerter(alerter_notify=receiver.url(), alerter_deaf_seconds="1") as alerter:
        wait_until(lambda: len(receiver.taken) == 1)
        alerter.terminate()
        alerter.wait_for_exit()
        assert read_rooms(redis_client)["nursery"].state is RoomState.DEAF
    assert receiver.taken[0]["title"] == "nursery: not listening"
    with start_alerter(alerter_notify=receiver.url()) as alerter:
        alerter.wait_until_ready()
        publish(redis_client, night([QUIET]))
        wait_until(lambda: len(receiver.taken) == 2)
    assert receiver.taken[1]["title"] == "nursery: listening again"


def test_the_first_episode_causes_a_notice_within_seconds(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    with start_alerter(alerter_notify=receiver.url()) as alerter:
        alerter.wait_until_ready()
        publish(redis_client, night([QUIET, LOUD]))
        publish(redis_client, [scored(LOUD, header(2))])
        # Sooner than windows that come out of order are waited for, which takes 45 s.
        wait_until(lambda: len(receiver.taken) == 1, 40.0)
        room = wait_until(lambda: read_rooms(redis_client).get("nursery"))
        assert room is not None
        wait_until(lambda: read_rooms(redis_client)["nursery"].state is RoomState.CRYING)
