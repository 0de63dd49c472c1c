"""Clips that are cut from a real Redis into a real folder, with a real history."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from integration.journal.clips.clip_house import ClipHouse


@pytest.fixture
def house(redis_client: redis.Redis, tmp_path: Path) -> Iterator[ClipHouse]:
    made = ClipHouse(redis_client, tmp_path)
    yield made
    made.cutter.close()
    made.history.close()
