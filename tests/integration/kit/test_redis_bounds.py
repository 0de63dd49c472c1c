"""A journal that is slow, or that somebody else has taken over, cannot keep Redis from taking sound."""

import socket
import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
import redis
from prometheus_client import CollectorRegistry
from support.redis.servers import RedisServer
from support.redis.users import PASSWORDS, add_users, url_of
from support.waiting import wait_until

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.receivers.page.page_thread import PageThread
from tears.kit.access.link_key import LinkKey
from tears.kit.access.redis_bounds import REDIS_BOUNDS
from tears.kit.clock import ManualClock
from tears.kit.commands.giving import MOST_COMMANDS, give_command
from tears.kit.messages import CommandKind
from tears.kit.redis_client import connect
from tears.kit.streams import names

MEMORY_BYTES = 160 * 2**20
SECOND = bytes(96_000)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer(maxmemory_bytes=MEMORY_BYTES, options=REDIS_BOUNDS) as server:
        add_users(server.client())
        yield server


@pytest.fixture
def sound(server: RedisServer) -> Iterator[redis.Redis]:
    """Yield a recorder's client; Redis holds two minutes of a room."""
    with as_user(server, "recorder") as client:
        for _ in range(120):
            client.xadd(names.chunks("nursery"), {names.BODY: SECOND})
        yield client


def as_user(server: RedisServer, user: str) -> redis.Redis:
    return connect(url_of(server, user))


def fill(client: redis.Redis, size: int) -> None:
    """Write what pretends to be commands until Redis is full."""
    with pytest.raises(redis.exceptions.OutOfMemoryError):  # noqa: PT012 - any of them may be the first
        while True:
            with client.pipeline(transaction=False) as pipeline:
                for _ in range(max(1, 2_000_000 // size)):
                    pipeline.xadd(names.COMMANDS_STREAM, {names.BODY: bytes(size)})
                pipeline.execute()


def test_a_reader_that_asks_for_much_and_reads_nothing_is_cut_off_and_sound_goes_on(
    server: RedisServer, sound: redis.Redis
) -> None:
    operator: Any = server.client()
    with socket.socket(socket.AF_UNIX) as frozen:
        frozen.connect(server.url.removeprefix("unix://"))
        # Each answer has 11 MB.
        asked = f"XRANGE {names.chunks('nursery')} - +\r\n" * 100
        frozen.sendall(f"AUTH journal {PASSWORDS['journal']}\r\n{asked}".encode())
        wait_until(lambda: "cmd=xrange" not in str(operator.execute_command("CLIENT", "LIST")).lower())
        info: Any = operator.info()
        assert info["used_memory_peak"] < MEMORY_BYTES
        assert info["evicted_clients"] == 1
    for _ in range(10):
        sound.xadd(names.chunks("nursery"), {names.BODY: SECOND}, maxlen=120)


def test_something_huge_is_refused(server: RedisServer, sound: redis.Redis) -> None:
    with as_user(server, "journal") as journal, pytest.raises(redis.RedisError):
        journal.xadd(names.COMMANDS_STREAM, {names.BODY: bytes(9 * 2**20)})
    assert sound.xadd(names.chunks("nursery"), {names.BODY: SECOND})


@pytest.mark.parametrize("size", [7 * 2**20, 2_000])
def test_commands_that_have_filled_redis_are_deleted_and_sound_goes_on(
    server: RedisServer, sound: redis.Redis, size: int
) -> None:
    metrics = AlerterMetrics(CollectorRegistry())
    with as_user(server, "journal") as journal, as_user(server, "alerter") as alerter:
        page = PageThread(alerter, Mock(), LinkKey(), metrics, ManualClock(0.0), threading.Event())
        page.turn()
        fill(journal, size)
        fill(journal, 50_000)
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            sound.xadd(names.chunks("nursery"), {names.BODY: SECOND})
        page.turn()
        assert sound.xadd(names.chunks("nursery"), {names.BODY: SECOND})
        assert server.client().xlen(names.COMMANDS_STREAM) <= MOST_COMMANDS
        assert metrics.forgotten_commands._value.get() > 0
        # What is a command stays.
        give_command(journal, CommandKind.ACKNOWLEDGE, sender="the journal", mic="nursery")
        before = server.client().xlen(names.COMMANDS_STREAM)
        page.turn()
        assert server.client().xlen(names.COMMANDS_STREAM) == before
