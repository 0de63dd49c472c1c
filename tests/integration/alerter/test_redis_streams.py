from collections.abc import Iterator

import pytest
import redis
from support.redis.servers import RedisServer, installed_programs

from tears.alerter.notices.outbox import EpisodeEvent
from tears.alerter.redis_streams import EpisodeStream, bury_detection
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


def test_a_repeated_event_is_added_once(client: redis.Redis) -> None:
    events = [EpisodeEvent("tears:told:a:open", b"one"), EpisodeEvent("tears:told:a:closed", b"two")]
    for stream in (EpisodeStream(client), EpisodeStream(client)):
        stream.publish(events)
    found = client.xrange(names.EPISODES_STREAM)
    assert found is not None
    assert [fields for _, fields in found] == [{names.BODY: b"one"}, {names.BODY: b"two"}]


def test_a_mark_is_remembered_for_a_day(client: redis.Redis) -> None:
    EpisodeStream(client).publish([EpisodeEvent("tears:told:a:open", b"one")])
    assert client.ttl("tears:told:a:open") == 86_400


def test_a_full_redis_refuses_to_add_an_event(server: RedisServer, client: redis.Redis) -> None:
    for _ in range(40):
        client.xadd("tears:large", {names.BODY: bytes(100_000)})
    memory: dict[str, int] = client.info("memory")
    server.limit_memory(memory["used_memory"] - 500_000)
    try:
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            EpisodeStream(client).publish([EpisodeEvent("tears:told:b:open", b"one")])
    finally:
        server.limit_memory(0)
    assert not client.exists("tears:told:b:open", names.EPISODES_STREAM)


def test_an_event_that_could_not_be_added_is_added_by_the_next_attempt(client: redis.Redis) -> None:
    client.set(names.EPISODES_STREAM, "no stream")
    event = EpisodeEvent("tears:told:a:open", b"one")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        EpisodeStream(client).publish([event])
    client.delete(names.EPISODES_STREAM)
    EpisodeStream(client).publish([event])
    assert client.xlen(names.EPISODES_STREAM) == 1


def test_dead_letters_that_cannot_be_kept_are_dropped(client: redis.Redis) -> None:
    client.set(names.dead(names.DETECTIONS_STREAM), "no stream")
    bury_detection(client, "1-1", b"garbage", "it is garbage")
