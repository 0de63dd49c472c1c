"""Each test here that takes `server`, `own_server` or `durable_server` runs on every kind of server we support."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from support.redis.servers import RedisServer, installed_programs

from tears.kit.redis_client import connect

PROGRAMS = installed_programs()


@pytest.fixture(scope="session", params=list(PROGRAMS.values()), ids=list(PROGRAMS))
def program(request: pytest.FixtureRequest) -> str:
    """Return the path of the server's program."""
    path: str = request.param
    return path


@pytest.fixture(scope="session")
def shared_server(program: str) -> Iterator[RedisServer]:
    with RedisServer(program) as server:
        yield server


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
def own_server(program: str) -> Iterator[RedisServer]:
    """Yield a server that the test may stop, kill, freeze or fill. It forgets everything when it stops."""
    with RedisServer(program) as server:
        yield server


@pytest.fixture
def durable_server(program: str) -> Iterator[RedisServer]:
    """Yield the same kind of server, but it forgets nothing."""
    with RedisServer(program, durable=True) as server:
        yield server
