"""Real Redis for every integration test: redis-server where it is installed, else the embedded Valkey."""

from collections.abc import Iterator

import pytest
import redis
from support.redis.servers import RedisServer, installed_programs

from tears.kit.redis_client import connect

PROGRAMS = installed_programs()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Yield the URL of one server for the whole run; leave it running."""
    with RedisServer() as server:
        yield server.url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    """Yield a client of that server, which is empty at the start of the test."""
    with connect(redis_url) as client:
        client.flushall()
        yield client


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """Yield a server for one test, which may stop, kill, freeze and start it."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="session", params=list(PROGRAMS.values()), ids=list(PROGRAMS))
def program(request: pytest.FixtureRequest) -> str:
    """Return the path of the program of Redis and of Valkey in turn; a test that takes it runs on both."""
    path: str = request.param
    return path


@pytest.fixture(scope="session")
def shared_server(program: str) -> Iterator[RedisServer]:
    """Yield a server of each program, one for the whole run; leave it running."""
    with RedisServer(program) as server:
        yield server


@pytest.fixture
def own_server(program: str) -> Iterator[RedisServer]:
    """Yield a server that the test may stop, kill, freeze or fill. It forgets everything when it stops."""
    with RedisServer(program) as server:
        yield server
