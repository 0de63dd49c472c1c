"""Services write records that other services look up."""

import logging

import pytest
import redis
from support.redis.stages import put
from support.waiting import wait_until

from tears.kit.clock import ManualClock
from tears.kit.registry.mic_names import SELF_TEST_MIC
from tears.kit.registry.mics import MicRecord, MicStreams, read_mics
from tears.kit.registry.rooms import RoomRecord, RoomState, read_rooms
from tears.kit.streams import names

RECORD = MicRecord(
    mic="nursery", sample_rate_hz=48_000, channels=1, device="hw:1", session="s", heartbeat_seconds=1_700_000_000.0
)
ROOM = RoomRecord(
    mic="nursery",
    state=RoomState.CRYING,
    session="s",
    windows=3,
    tombstones=1,
    cry_score=None,
    level_dbfs=-31.5,
    heard_until_seconds=7.0,
    episodes=2,
)


def test_records_come_back_as_they_were_written(redis_client: redis.Redis) -> None:
    redis_client.hset(names.MICS_HASH, "nursery", RECORD.encode())
    redis_client.hset(names.ROOMS_HASH, "nursery", ROOM.encode())
    assert read_mics(redis_client) == {"nursery": RECORD}
    assert read_rooms(redis_client) == {"nursery": ROOM}


@pytest.mark.parametrize("body", [b"", b"no JSON", b"{}", b'{"mic": 3}', b"\xff"])
def test_records_that_cannot_be_read_are_logged_and_left_out(
    redis_client: redis.Redis, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    for key, good in ((names.MICS_HASH, RECORD.encode()), (names.ROOMS_HASH, ROOM.encode())):
        redis_client.hset(key, mapping={b"nursery": good, b"attic": body})
    with caplog.at_level(logging.WARNING):
        assert list(read_mics(redis_client)) == list(read_rooms(redis_client)) == ["nursery"]
    assert [record.args[0] for record in caplog.records if isinstance(record.args, tuple)] == [b"attic", b"attic"]


def test_streams_of_microphones_are_looked_up_again_after_a_second(redis_client: redis.Redis) -> None:
    clock = ManualClock()
    streams = MicStreams(redis_client, clock.monotonic_seconds)
    assert streams() == []
    redis_client.hset(names.MICS_HASH, mapping={"nursery": RECORD.encode(), "attic": b"unreadable, but there"})
    redis_client.hset(names.MICS_HASH, mapping={b"k\xfcche": b"of another program"})
    assert streams() == []
    clock.advance(1.0)
    assert streams() == ["tears:chunks:attic", "tears:chunks:nursery"]


def test_the_first_microphone_is_noticed_sooner_than_others(redis_client: redis.Redis) -> None:
    clock = ManualClock()
    streams = MicStreams(redis_client, clock.monotonic_seconds)
    assert streams() == []
    redis_client.hset(names.MICS_HASH, "nursery", RECORD.encode())
    clock.advance(0.25)
    assert streams() == ["tears:chunks:nursery"]
    redis_client.hset(names.MICS_HASH, "attic", RECORD.encode())
    clock.advance(0.25)
    assert streams() == ["tears:chunks:nursery"]


def test_the_stream_of_the_self_test_is_only_read_by_those_who_ask_for_it_and_while_there_is_one(
    redis_client: redis.Redis,
) -> None:
    clock = ManualClock()
    of_rooms = MicStreams(redis_client, clock.monotonic_seconds)
    of_all = MicStreams(redis_client, clock.monotonic_seconds, with_self_test=True)
    # Whoever registers it: it is no room.
    redis_client.hset(names.MICS_HASH, mapping={"nursery": RECORD.encode(), SELF_TEST_MIC: RECORD.encode()})
    assert of_rooms() == of_all() == ["tears:chunks:nursery"]
    redis_client.xadd(names.chunks(SELF_TEST_MIC), {names.BODY: b"a chunk"})
    clock.advance(1.0)
    assert of_rooms() == ["tears:chunks:nursery"]
    assert of_all() == ["tears:chunks:nursery", "tears:chunks:_selftest"]


def test_a_test_server_is_empty_at_the_start_and_a_failed_wait_names_its_condition(redis_client: redis.Redis) -> None:
    assert redis_client.dbsize() == 0
    put(redis_client, b"1")
    with pytest.raises(TimeoutError, match="pigs to fly"):
        wait_until(lambda: False, 0.01, describe="pigs to fly")
