"""The live view shows the names that a real Redis has for rooms."""

import io
from types import SimpleNamespace
from typing import Any, cast

import redis
from rich.console import Console

from tears.cli.pipeline.local_pipeline import LocalPipeline
from tears.cli.view.watch import RoomWatch
from tears.kit.streams.names import ROOM_NAMES_HASH


def shown(watch: RoomWatch, client: redis.Redis) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(watch._view(*watch._read(client)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_room_is_called_as_the_journal_says_and_a_fault_of_the_names_hides_no_room(
    redis_client: redis.Redis,
) -> None:
    pipeline: Any = SimpleNamespace(model="cry 1", redis_pid=None)
    watch = RoomWatch(cast("LocalPipeline", pipeline), ["nursery"], "alerts go to nobody", Console())
    assert "nursery" in shown(watch, redis_client)
    redis_client.hset(ROOM_NAMES_HASH, "nursery", "Anna")
    assert "Anna" in shown(watch, redis_client)
    redis_client.set(ROOM_NAMES_HASH, "no hash")
    assert "Anna" in shown(watch, redis_client)
