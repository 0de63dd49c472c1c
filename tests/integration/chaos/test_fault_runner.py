"""The end of a fault comes, even if another fault is in its way at first."""

import contextlib
import sqlite3
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from support.chaos.fault_plan import Fault, PlannedFault
from support.chaos.fault_runner import FaultRunner
from support.chaos.house import House
from support.redis.servers import RedisServer
from support.waiting import wait_until


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer(durable=True) as server:
        yield server


@pytest.fixture
def runner(server: RedisServer, tmp_path: Path) -> FaultRunner:
    house: Any = types.SimpleNamespace(redis=server)
    return FaultRunner(cast(House, house), tmp_path / "alerter.sqlite")


def limit_of(server: RedisServer) -> int:
    return int(server.client().config_get("maxmemory")["maxmemory"] or 0)


def test_memory_that_cannot_be_freed_while_redis_is_frozen_is_freed_later(
    runner: FaultRunner, server: RedisServer
) -> None:
    runner.begin(PlannedFault(Fault.FULL_MEMORY, after_windows=0, lasts_seconds=0.0))
    assert limit_of(server) > 0
    server.freeze()
    runner.end_due()
    server.thaw()
    assert not runner.is_over

    def has_ended() -> bool:
        runner.end_due()
        return runner.is_over

    wait_until(has_ended, describe="the end of the fault")
    assert limit_of(server) == 0


def test_a_durable_server_never_rewrites_its_log(server: RedisServer) -> None:
    assert server.client().config_get("auto-aof-rewrite-percentage") == {"auto-aof-rewrite-percentage": "0"}


def test_notices_that_wait_are_counted_without_a_change_of_the_state(runner: FaultRunner, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "alerter.sqlite")) as database, database:
        database.execute("CREATE TABLE notices (id INTEGER)")
        database.execute("INSERT INTO notices VALUES (1), (2)")
    before = (tmp_path / "alerter.sqlite").read_bytes()
    runner._count_waiting_notices()
    assert runner.may_be_told_twice == 2
    assert (tmp_path / "alerter.sqlite").read_bytes() == before


def test_a_state_that_is_not_there_is_not_made(runner: FaultRunner, tmp_path: Path) -> None:
    runner._count_waiting_notices()
    assert runner.may_be_told_twice == 0
    assert list(tmp_path.iterdir()) == []
