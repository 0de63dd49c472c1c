"""Real Redis for every integration test: redis-server where it is installed, else the embedded Valkey."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from support.redis.servers import RedisServer

from tears.kit.redis_client import connect


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """One server for the whole run; leave it running."""
    with RedisServer() as server:
        yield server.url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    """A client of that server, which is empty at the start of the test."""
    with connect(redis_url) as client:
        client.flushall()
        yield client


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A server of the test's own, started; the test may stop, kill, freeze and start it."""
    with RedisServer() as server:
        yield server
