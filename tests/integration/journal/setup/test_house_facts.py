"""What Redis says of a house: its queues, its scores and its self-test."""

from pathlib import Path
from typing import Any

import pytest
import redis
from support.redis.detections import header, scored

from tears.journal.live.room_now import RoomCondition, RoomNow
from tears.journal.setup.disk_use import disk_use
from tears.journal.setup.house_facts import house_facts
from tears.kit.registry.mic_names import SELF_TEST_MIC
from tears.kit.streams import names

HEARD = RoomNow(mic="nursery", room_name="nursery", condition=RoomCondition.QUIET, level_dbfs=-50.0)


def add(client: redis.Redis, stream: str, body: bytes = b"", age_seconds: float = 0.0) -> None:
    """Add an entry that came some time ago by the clock of Redis."""
    seconds: Any = client.time()
    client.xadd(stream, {names.BODY: body}, id=f"{int((seconds[0] - age_seconds) * 1_000)}-*")


def test_a_redis_that_begins_empty_gives_facts_without_ages(redis_client: redis.Redis) -> None:
    facts, model, version = house_facts(redis_client, [])
    assert facts.has_redis
    assert (facts.score_age, facts.self_test_age, facts.self_test_heard_age) == (None, None, None)
    assert not model.name
    assert version.split(".")[0].isdigit()


def test_the_queues_and_ages_are_those_of_the_streams(redis_client: redis.Redis) -> None:
    for age_seconds in (900.0, 800.0, 700.0):
        add(redis_client, names.chunks("nursery"), age_seconds=age_seconds)
    redis_client.xgroup_create(names.chunks("nursery"), names.PREPROCESSOR_GROUP, id="0")
    redis_client.xreadgroup(names.PREPROCESSOR_GROUP, "c", {names.chunks("nursery"): ">"}, count=1)
    add(redis_client, names.WINDOWS_STREAM)
    for age_seconds in (9_000.0, 3_000.0):
        add(redis_client, names.chunks(SELF_TEST_MIC), age_seconds=age_seconds)
    add(redis_client, names.DETECTIONS_STREAM, scored(0.99, header(0, mic=SELF_TEST_MIC)).encode(), 2_500.0)
    add(redis_client, names.DETECTIONS_STREAM, b"nonsense", 2_000.0)
    add(redis_client, names.DETECTIONS_STREAM, scored(0.1, header(0)).encode(), 500.0)
    facts, model, _ = house_facts(redis_client, [HEARD])
    assert (facts.chunks.has_group, facts.chunks.waiting, facts.chunks.unfinished) == (True, 2, 1)
    assert not facts.windows.has_group
    assert facts.score_age == pytest.approx(500.0, abs=60.0)
    assert facts.self_test_age == pytest.approx(3_000.0, abs=60.0)
    assert facts.self_test_since == pytest.approx(9_000.0, abs=60.0)
    assert facts.self_test_heard_age == pytest.approx(2_500.0, abs=60.0)
    assert (facts.listening, facts.is_alerter_judging) == (1, True)
    assert model.name


def test_what_the_journal_keeps_is_counted_and_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "one.flac").write_bytes(b"x" * 1_000)
    (tmp_path / "history.sqlite3").write_bytes(b"x" * 500)
    found = disk_use(tmp_path)
    assert found.kept_bytes == 1_500
    assert 0 < found.free_bytes <= found.total_bytes
    assert disk_use(tmp_path / "missing").fault == "No such file or directory"
