"""The names of rooms are read from Redis, and what cannot be used leaves the names of the microphones."""

import redis

from tears.kit.registry.given_names import read_given_names
from tears.kit.registry.room_names import RoomNames
from tears.kit.streams.names import ROOM_NAMES_HASH


def test_names_in_redis_that_cannot_be_used_leave_the_name_of_the_microphone(redis_client: redis.Redis) -> None:
    redis_client.hset(ROOM_NAMES_HASH, "nursery", "Anna's room")
    redis_client.hset(ROOM_NAMES_HASH, "attic", b"\x1b[2J")
    redis_client.hset(ROOM_NAMES_HASH, "K_x00FC_che", b"\xff\xfe" * 200)
    names = RoomNames(read_given_names(redis_client))
    assert [names.of(mic) for mic in ("nursery", "attic", "K_x00FC_che")] == ["Anna's room", "attic", "Küche"]
