"""The follower keeps and tells what the pipeline writes, whatever happens to Redis, to the disk and to itself."""

from pathlib import Path

import pytest
import redis
from support.journal.followed_house import FollowedHouse, HousePipeline
from support.journal.kept_history import MORNING
from support.redis.servers import RedisServer

from tears.journal.history import HOLE, Verdict
from tears.journal.history.history_file import HistoryFile
from tears.kit.streams import names

# float32 holds them exactly.
NEAR = 0.375
QUIET = 0.0625


@pytest.fixture
def pipeline(redis_client: redis.Redis) -> HousePipeline:
    return HousePipeline(redis_client)


def kept_scores(history: HistoryFile, from_at: float, seconds: int, mic: str = "nursery") -> list[int | None]:
    found = history.series(mic, from_at, from_at + seconds).seconds.tolist()
    return [None if score == HOLE else score for score in found]


def test_what_the_pipeline_writes_is_told_and_kept(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    pipeline.detect([QUIET] * 5 + [0.875] * 20 + [QUIET] * 10 + [NEAR] * 3 + [QUIET] * 10)
    pipeline.cry("e1", MORNING + 5, 20.0)
    pipeline.tell("e1", "crying", "phone", MORNING + 7)
    pipeline.tell("e1", "acknowledged", "mqtt", MORNING + 9)
    pipeline.sound(3)
    house = FollowedHouse(redis_client, tmp_path).turns()
    (episode,) = house.history.episodes(None, MORNING, MORNING + 60)
    assert (episode.began_at, episode.ended_at, episode.peak_score) == (MORNING + 5, MORNING + 25, 0.9)
    assert [(one.kind, one.who) for one in episode.notices] == [("crying", "phone"), ("acknowledged", "mqtt")]
    (near_miss,) = house.history.near_misses(None, MORNING, MORNING + 60)
    assert (near_miss.began_at, near_miss.ended_at) == (MORNING + 30, MORNING + 37)
    assert kept_scores(house.history, MORNING, 40) == [6] * 5 + [87] * 20 + [6] * 10 + [37] * 3 + [6] * 2
    assert [one.id for one in house.told.began] == [one.id for one in house.told.ended] == ["e1"]
    assert house.told.near_misses == [near_miss]
    assert len(house.told.scores) == 48
    assert house.told.chunks == [("nursery", "s1", 0), ("nursery", "s1", 8_000), ("nursery", "s1", 16_000)]


def test_the_threshold_of_a_room_says_what_is_nearly_crying_there(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    pipeline.show_room(0.9)
    pipeline.detect([NEAR] * 3 + [QUIET] * 10)
    pipeline.detect([NEAR] * 3 + [QUIET] * 10, from_at=MORNING + 20, mic="attic")
    house = FollowedHouse(redis_client, tmp_path).turns()
    found = [(one.mic, one.peak_score) for one in house.history.near_misses(None, 0, MORNING + 60)]
    assert found == [("attic", NEAR)]


def test_a_follower_that_was_away_for_hours_catches_up_and_what_is_gone_is_a_hole(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    pipeline.detect([0.1] * 10)
    FollowedHouse(redis_client, tmp_path).turns()
    # An hour passes; Redis has only the last 500 windows of it.
    pipeline.detect([0.2] * 3_600, from_at=MORNING + 10, first=10)
    redis_client.xtrim(names.DETECTIONS_STREAM, maxlen=500, approximate=False)
    house = FollowedHouse(redis_client, tmp_path, wall_seconds=MORNING + 3_610).turns(1)
    while house.follower.turn() and len(house.told.scores) < 500:
        pass
    house.follower.write()
    assert len(house.told.scores) == 500
    assert kept_scores(house.history, MORNING, 3_610) == [10] * 10 + [None] * 3_099 + [20] * 501


def test_a_follower_that_is_killed_reads_again_from_what_is_on_the_disk(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    pipeline.detect([QUIET] * 5 + [NEAR] * 3)
    house = FollowedHouse(redis_client, tmp_path).turns(1)
    assert house.history.near_misses(None, 0, MORNING + 99) == []
    pipeline.detect([NEAR] * 2 + [QUIET] * 9, from_at=MORNING + 8, first=8)
    # It reads this, and is killed before it has written it.
    house.follower.turn()
    (told,) = house.told.near_misses
    again = FollowedHouse(redis_client, tmp_path).turns(1)
    assert again.told.near_misses == [told]
    assert again.history.near_misses(None, 0, MORNING + 99) == [told]
    # What lies before the near miss was not read again.
    assert again.told.scores[0] == ("nursery", NEAR, MORNING + 5)
    assert kept_scores(again.history, MORNING, 19) == [6] * 5 + [37] * 5 + [6] * 9


def test_crying_that_goes_on_over_a_restart_is_told_again_and_what_is_heard_in_it_is_no_near_miss(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    pipeline.cry("lost", MORNING - 20_000, None)
    pipeline.detect([0.875] * 5)
    pipeline.cry("e1", MORNING, None)
    FollowedHouse(redis_client, tmp_path).turns()
    pipeline.detect([NEAR] * 5 + [QUIET] * 8, from_at=MORNING + 20, first=20)
    again = FollowedHouse(redis_client, tmp_path).turns()
    assert [one.id for one in again.told.began] == ["e1"]
    assert again.told.near_misses == []


def test_a_wiped_redis_is_read_from_its_beginning_and_nothing_is_doubled(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    pipeline.detect([0.3] * 10, from_at=MORNING + 1_000)
    pipeline.cry("e1", MORNING + 1_000)
    house = FollowedHouse(redis_client, tmp_path).turns()
    redis_client.flushall()
    # The clock was set back meanwhile, so that the ids begin lower.
    pipeline.detect([0.2] * 10)
    pipeline.cry("e1", MORNING + 1_000)
    house.clock.advance(5.0)
    house.turns()
    assert kept_scores(house.history, MORNING, 10) == [20] * 10
    assert len(house.history.episodes(None, 0, MORNING + 2_000)) == 1


def test_sound_is_told_once_although_redis_was_away(tmp_path: Path) -> None:
    with RedisServer() as server:
        pipeline = HousePipeline(server.client())
        pipeline.sound(3)
        pipeline.cry("e1", MORNING)
        house = FollowedHouse(server.client(), tmp_path).turns()
        server.stop()
        assert not house.follower.turn()
        assert "redis" in house.health.ready().reason
        server.start()
        # The recorder resends what Redis has lost, and goes on.
        pipeline.sound(5)
        house.clock.advance(2.0)
        house.turns()
    assert [first for _, _, first in house.told.chunks] == [k * 8_000 for k in range(5)]
    assert house.health.ready().good


def test_a_key_of_another_type_costs_only_its_own_part(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    redis_client.set(names.NOTICES_STREAM, "no stream")
    redis_client.set(names.ROOMS_HASH, "no hash")
    pipeline.sound(1)
    pipeline.cry("e1", MORNING)
    house = FollowedHouse(redis_client, tmp_path).turns()
    assert [one.id for one in house.told.ended] == ["e1"]
    assert house.told.chunks
    assert "tears:notices" in house.health.ready().reason
    redis_client.delete(names.NOTICES_STREAM, names.ROOMS_HASH)
    pipeline.tell("e1", "crying", "phone", MORNING + 3)
    house.clock.advance(60.0)
    house.turns()
    episode = house.history.episode("e1")
    assert episode is not None
    assert [one.who for one in episode.notices] == ["phone"]
    assert house.health.ready().good


def test_entries_that_are_no_messages_are_counted_and_left_out(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    for stream in (names.DETECTIONS_STREAM, names.EPISODES_STREAM, names.NOTICES_STREAM):
        redis_client.xadd(stream, {names.BODY: b"\xff\xff"}, id="1-1")
    pipeline.detect([QUIET])
    house = FollowedHouse(redis_client, tmp_path).turns()
    assert len(house.told.scores) == 1
    for stream in (names.DETECTIONS_STREAM, names.EPISODES_STREAM, names.NOTICES_STREAM):
        assert house.registry.get_sample_value("tears_journal_unreadable_entries_total", {"stream": stream}) == 1


def test_a_listener_that_breaks_down_keeps_nobody_from_being_told(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    pipeline.detect([QUIET])
    pipeline.sound(1)
    house = FollowedHouse(redis_client, tmp_path, listeners=[object()]).turns()
    assert house.told.scores
    assert house.told.chunks
    assert house.registry.get_sample_value("tears_journal_listener_failures_total")


def test_a_recorder_with_a_wrong_clock_is_dated_by_redis(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    pipeline.detect([0.2] * 5, captured_offset=-MORNING)
    pipeline.detect([0.3] * 5, from_at=MORNING + 10, first=10, captured_offset=86_400.0)
    pipeline.cry("e1", MORNING + 20, 20.0, captured_offset=-MORNING)
    house = FollowedHouse(redis_client, tmp_path).turns()
    assert kept_scores(house.history, MORNING, 5) == [20] * 5
    assert kept_scores(house.history, MORNING + 10, 5) == [30] * 5
    (episode,) = house.history.episodes(None, MORNING, MORNING + 60)
    assert (episode.began_at, episode.ended_at) == (MORNING + 20, MORNING + 40)


def test_a_disk_that_takes_nothing_loses_nothing_while_it_lasts(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    house = FollowedHouse(redis_client, tmp_path).turns()
    label = house.history.label("nursery", MORNING, MORNING + 5, Verdict.CAT, made_by="parent")
    house.history.close()
    path = tmp_path / "history.sqlite3"
    path.rename(tmp_path / "away")
    path.mkdir()
    pipeline.detect([0.2] * 5)
    pipeline.cry("e1", MORNING)
    house.turns()
    assert "history" in house.health.ready().reason
    assert house.told.ended
    assert house.history.fault
    path.rmdir()
    (tmp_path / "away").rename(path)
    house.clock.advance(60.0)
    house.turns()
    assert house.health.ready().good
    assert house.history.fault == ""
    assert kept_scores(house.history, MORNING, 5) == [20] * 5
    assert house.history.labels() == [label]
    assert house.registry.get_sample_value("tears_journal_history_failures_total")


def test_what_is_older_than_asked_for_is_forgotten_but_not_by_a_wrong_clock(
    pipeline: HousePipeline, redis_client: redis.Redis, tmp_path: Path
) -> None:
    pipeline.detect([0.2] * 5)
    FollowedHouse(redis_client, tmp_path).turns()
    wrong = FollowedHouse(redis_client, tmp_path, wall_seconds=MORNING + 10**10, kept_seconds=86_400.0).turns()
    assert kept_scores(wrong.history, MORNING, 5) == [20] * 5
    later = FollowedHouse(redis_client, tmp_path, wall_seconds=MORNING + 200_000, kept_seconds=86_400.0).turns()
    assert kept_scores(later.history, MORNING, 5) == [None] * 5
