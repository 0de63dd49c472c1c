"""`tears record`, and the streams that it records."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from integration.record.record_command import ChunkWriter, Record


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def record(out: Path, redis_url: str, redis_client: redis.Redis, tmp_path: Path) -> Iterator[Record]:
    """Yield what starts `tears record` on the shared server, which is empty."""
    assert redis_client.dbsize() == 0
    made = Record(out, redis_url, tmp_path / "record.log", [])
    yield made
    for process in made.running:
        if process.is_running:
            process.kill()


@pytest.fixture
def writer(redis_client: redis.Redis) -> ChunkWriter:
    return ChunkWriter(redis_client, "nursery")
