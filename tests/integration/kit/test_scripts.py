"""The script that the alerter publishes with."""

from __future__ import annotations

import pytest
import redis
from support.redis.servers import RedisServer
from support.redis.stages import bodies_in, put

from tears.kit.streams import scripts


def test_an_entry_is_added_once_per_name(client: redis.Redis) -> None:
    add_once = client.register_script(scripts.ADD_ONCE)
    assert [add_once(keys=["out", f"mark:{name}"], args=[name, 100, 60]) for name in "aab"] == [1, 0, 1]
    assert bodies_in(client) == [b"a", b"b"]
    assert 0 < client.ttl("mark:a") <= 60


def test_a_full_redis_refuses_to_add(own_server: RedisServer) -> None:
    client = own_server.client()
    put(client, *(b"%d" % number + bytes(100_000) for number in range(40)))
    used: int = client.info("memory")["used_memory"]
    own_server.limit_memory(used - 500_000)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        client.register_script(scripts.ADD_ONCE)(keys=["out", "mark"], args=["body", 100, 60])
