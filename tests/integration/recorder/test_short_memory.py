"""Streams of recorders in a Redis whose memory runs short."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from support.redis.servers import RedisServer

from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names
from tears.recorder.publish.chunk_stream import ChunkStream

MEMORY_BYTES = 24 * 2**20
CHUNK_BYTES = 96_000
ROOMS = ("attic", "kitchen", "nursery", "study")
LOOK_BACK = 9


class Room:
    """A recorder's stream, and the sound that it publishes."""

    def __init__(self, client: redis.Redis, mic: str) -> None:
        self.stream = ChunkStream(
            client, mic=mic, owner=mic, lease_seconds=5, most_entries=120, look_back_entries=LOOK_BACK
        )
        self._client = client
        self._mic = mic
        self._last_id, _ = self.stream.newest()
        self._second = 0

    def publish(self) -> None:
        """Publish the next second."""
        record = MicRecord(
            mic=self._mic, sample_rate_hz=48_000, channels=1, device="test", session="s", heartbeat_seconds=0.0
        )
        chunk = AudioChunk(
            mic=self._mic,
            session="s",
            first_sample=self._second * 48_000,
            sample_rate_hz=48_000,
            channels=1,
            pcm=bytes(CHUNK_BYTES),
            captured_at_seconds=0.0,
        )
        self._last_id = self.stream.publish(chunk, record, self._last_id).entry_id
        self._second += 1

    def finish_all(self) -> None:
        """Finish every chunk, as a preprocessor does that keeps up."""
        key = names.chunks(self._mic)
        drawn: Any = self._client.xreadgroup(names.PREPROCESSOR_GROUP, "test", {key: ">"})
        for _, entries in drawn or ():
            self._client.xack(key, names.PREPROCESSOR_GROUP, *[entry_id for entry_id, _ in entries])

    def length(self) -> int:
        """Return how many chunks its stream holds."""
        return int(self._client.xlen(names.chunks(self._mic)))


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    with RedisServer(maxmemory_bytes=MEMORY_BYTES) as server:
        yield server.client()


@pytest.fixture
def rooms(client: redis.Redis) -> list[Room]:
    for mic in ROOMS:
        client.xgroup_create(names.chunks(mic), names.PREPROCESSOR_GROUP, id="0", mkstream=True)
    return [Room(client, mic) for mic in ROOMS]


def publish_without_end(rooms: list[Room], *, is_read: bool) -> None:
    for _ in range(200):
        for room in rooms:
            room.publish()
            if is_read:
                room.finish_all()


def test_streams_get_shorter_before_the_memory_is_full_and_no_chunk_is_refused(
    client: redis.Redis, rooms: list[Room]
) -> None:
    # The streams of four rooms with 120 chunks each would need twice the memory.
    for second in range(200):
        for room in rooms:
            room.publish()
            room.finish_all()
            if second % 5 == 0:
                room.stream.make_room()
    assert all(LOOK_BACK <= room.length() < 120 for room in rooms), [room.length() for room in rooms]
    memory: Any = client.info("memory")
    assert memory["used_memory"] < MEMORY_BYTES


def test_without_making_room_the_memory_is_full(rooms: list[Room]) -> None:
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        publish_without_end(rooms, is_read=True)


def test_nothing_that_is_not_finished_is_removed(rooms: list[Room]) -> None:
    room = rooms[0]
    for _ in range(150):
        room.stream.make_room()
        if room.length() < 120:
            room.publish()
    # Nobody has drawn any of it.
    assert room.length() == 120


def test_a_full_redis_is_not_the_end(client: redis.Redis, rooms: list[Room]) -> None:
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        publish_without_end(rooms, is_read=False)
    for room in rooms:
        room.finish_all()
        assert room.stream.trim_finished() > 0
    for _ in range(50):
        for room in rooms:
            room.publish()
            room.finish_all()
            room.stream.make_room()
    memory: Any = client.info("memory")
    assert memory["used_memory"] < MEMORY_BYTES
