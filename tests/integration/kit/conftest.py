"""Each test here that takes `server`, `own_server` or `durable_server` runs on every kind of server we support."""

from collections.abc import Iterator

import pytest
import redis
from support.redis.servers import RedisServer
from support.redis.users import add_users

from tears.kit.redis_client import connect


@pytest.fixture
def server(shared_server: RedisServer) -> RedisServer:
    """Return a server that is empty at the start of the test; leave it running."""
    with connect(shared_server.url) as client:
        client.flushall()
    return shared_server


@pytest.fixture
def client(server: RedisServer) -> Iterator[redis.Redis]:
    """Yield a client of `server`."""
    with connect(server.url) as client:
        yield client


@pytest.fixture
def durable_server(program: str) -> Iterator[RedisServer]:
    """Yield the same kind of server, but it forgets nothing."""
    with RedisServer(program, durable=True) as server:
        yield server


@pytest.fixture
def closed(redis_server: RedisServer) -> redis.Redis:
    """Return the connection of an operator to a Redis that has our users."""
    operator = redis_server.client()
    add_users(operator)
    return operator
