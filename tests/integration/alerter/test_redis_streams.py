from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from support.redis.servers import RedisServer, installed_programs

from tears.alerter.notices.outbox import Event
from tears.alerter.order.stream_position import StreamFacts
from tears.alerter.redis_streams import Bulletin, DetectionStream
from tears.kit.streams import names


@pytest.fixture(scope="module", params=installed_programs().items(), ids=lambda program: program[0])
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    with RedisServer(request.param[1]) as server:
        yield server


@pytest.fixture
def client(server: RedisServer) -> redis.Redis:
    client = server.client()
    client.flushall()
    return client


def add(client: redis.Redis, first: int, count: int) -> None:
    for k in range(first, first + count):
        client.xadd(names.DETECTIONS_STREAM, {names.BODY: b"%d" % k}, id=f"{k}-1")


def test_a_stream_that_does_not_exist_has_no_entries_and_gives_none(client: redis.Redis) -> None:
    stream = DetectionStream(client)
    assert stream.facts() == StreamFacts()
    assert stream.read("0-0", 10, 0.001) == []


def test_entries_come_in_order_from_behind_the_place_and_no_more_than_asked(client: redis.Redis) -> None:
    stream = DetectionStream(client)
    add(client, 1, 5)
    assert stream.read("2-1", 2, 0.001) == [("3-1", b"3"), ("4-1", b"4")]


def test_the_facts_of_a_stream_count_what_is_gone(client: redis.Redis) -> None:
    stream = DetectionStream(client)
    add(client, 1, 10)
    assert stream.facts() == StreamFacts("1-1", "10-1", length=10, entries_added=10)
    client.xtrim(names.DETECTIONS_STREAM, maxlen=3, approximate=False)
    assert stream.facts() == StreamFacts("8-1", "10-1", length=3, entries_added=10)
    client.xtrim(names.DETECTIONS_STREAM, maxlen=0, approximate=False)
    assert stream.facts() == StreamFacts(None, "10-1", length=0, entries_added=10)


def test_an_event_is_added_once_whoever_repeats_it(client: redis.Redis) -> None:
    events = [Event("tears:told:a:open", b"one"), Event("tears:told:a:closed", b"two")]
    for bulletin in (Bulletin(client), Bulletin(client)):
        bulletin.publish(events)
    found = client.xrange(names.EPISODES_STREAM)
    assert found is not None
    assert [fields for _, fields in found] == [{names.BODY: b"one"}, {names.BODY: b"two"}]


def test_a_mark_is_kept_for_a_day(client: redis.Redis) -> None:
    Bulletin(client).publish([Event("tears:told:a:open", b"one")])
    assert client.ttl("tears:told:a:open") == 86_400
