"""A lesson counts mistakes where the house alerts."""

from support.redis.servers import RedisServer

from tears.journal.teaching.start import house_threshold
from tears.kit.redis_client import connect
from tears.kit.registry.rooms import RoomRecord, RoomState
from tears.kit.streams import names
from tears.policy.parameters import Policy


def room(mic: str, open_threshold: float) -> RoomRecord:
    return RoomRecord(
        mic=mic, state=RoomState.QUIET, session="s1", windows=1, tombstones=0, cry_score=0.1, level_dbfs=-50.0,
        heard_until_seconds=5.0, episodes=0, open_threshold=open_threshold,
    )  # fmt: skip


def test_it_is_the_threshold_of_the_most_sensitive_room_and_the_usual_one_if_none_is_known() -> None:
    usual = Policy().open_threshold
    with RedisServer() as server, connect(server.url) as client:
        assert house_threshold(client) == usual
        for mic, threshold in (("den", 0.35), ("nursery", 0.63), ("attic", 0.0)):
            client.hset(names.ROOMS_HASH, mic, room(mic, threshold).encode())
        assert house_threshold(client) == 0.35
        server.stop()
        assert house_threshold(client) == usual
