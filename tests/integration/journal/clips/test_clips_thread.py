"""The thread that cuts clips, beside a follower that must not wait."""

import threading
from collections.abc import Iterator

import pytest
import redis
from integration.journal.clips.clip_house import ClipHouse
from support.redis.servers import RedisServer
from support.waiting import wait_until

from tears.journal.clips.clips_thread import ClipsThread
from tears.journal.clips.stream_cutter import StreamCutter
from tears.kit.clock import SystemClock
from tears.kit.redis_client import connect

DEADLINE_SECONDS = 60.0


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def thread_of(house: ClipHouse, stop: threading.Event, client: redis.Redis | None = None) -> ClipsThread:
    cutter = StreamCutter(client or house.client, house.folder, house.history, house.metrics, SystemClock())
    return ClipsThread(cutter, house.metrics, SystemClock(), stop)


def test_an_episode_becomes_a_clip(house: ClipHouse, stop: threading.Event) -> None:
    house.hear(0, 100)
    thread = thread_of(house, stop)
    thread.start()
    thread.episode_began(house.cries("one", 30, None))
    thread.episode_ended(house.cries("one", 30, 20))
    wait_until(lambda: house.is_clip("one", 20, 55), DEADLINE_SECONDS, describe="the clip")
    stop.set()
    thread.join()


def test_a_stop_keeps_what_was_heard_of_an_episode_that_goes_on(house: ClipHouse, stop: threading.Event) -> None:
    house.hear(0, 50)
    thread = thread_of(house, stop)
    thread.episode_began(house.cries("one", 30, None))
    thread.start()
    wait_until(lambda: bool(house.parts()), DEADLINE_SECONDS, describe="the part file")
    stop.set()
    thread.join()
    assert house.is_clip("one", 20, 50)
    assert house.parts() == []


def test_what_is_told_while_redis_is_away_is_cut_when_it_is_back(
    house: ClipHouse, stop: threading.Event, redis_server: RedisServer
) -> None:
    with connect(redis_server.url) as client:
        house.client = client
        house.hear(0, 100)
        redis_server.freeze()
        thread = thread_of(house, stop, client)
        thread.episode_ended(house.cries("one", 30, 20))
        thread.start()
        wait_until(
            lambda: house.registry.get_sample_value("tears_journal_redis_failures_total") or 0.0,
            DEADLINE_SECONDS,
            describe="a failure",
        )
        redis_server.thaw()
        wait_until(lambda: house.is_clip("one", 20, 55), DEADLINE_SECONDS, describe="the clip")
        stop.set()
        thread.join()


def test_the_follower_never_waits_and_what_is_too_much_is_counted(house: ClipHouse, stop: threading.Event) -> None:
    thread = thread_of(house, stop)
    episode = house.cries("one", 30, 20)
    for _ in range(1_005):
        thread.episode_ended(episode)
    assert house.count("dropped") == 5
