"""Clips of episodes and near misses, cut out of the streams of a real Redis."""

import msgspec
import pytest
from integration.journal.clips.clip_house import ClipHouse
from support.journal.kept_history import almost, crying, keep
from support.sound.chunks import WALL_SECONDS

from tears.journal.clips.cutting.clip_plan import plan_of_near_miss
from tears.journal.history import ClipState, KeptClip


def test_a_clip_begins_ten_seconds_before_the_crying_and_ends_five_after(house: ClipHouse) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30.5, 20))
    assert house.is_clip("one", 20.5, 55.5)
    kept = house.history.clip("one")
    assert kept == KeptClip(state=ClipState.KEPT, from_at=WALL_SECONDS + 20.5, seconds=35.0)
    assert house.count("kept") == 1
    assert house.parts() == []


def test_a_clip_grows_while_the_crying_goes_on(house: ClipHouse) -> None:
    house.hear(0, 40)
    house.cut(house.cries("one", 30, None))
    assert len(house.parts()) == 1
    assert house.store.path("one") is None
    # What has been read may be trimmed.
    house.client.delete("tears:chunks:nursery")
    house.hear(40, 60)
    house.cutter.advance()
    house.cut(house.cries("one", 30, 40))
    house.hear(60, 90)
    house.cutter.advance()
    assert house.is_clip("one", 20, 75)


def test_a_clip_of_long_crying_has_five_minutes(house: ClipHouse) -> None:
    house.hear(0, 390)
    house.cut(house.cries("one", 30, None))
    for _ in range(6):
        house.cutter.advance()
    assert house.is_clip("one", 20, 320)
    house.cut(house.cries("one", 30, 350))
    assert house.count("kept") == 1


def test_near_misses_have_short_clips(house: ClipHouse) -> None:
    house.hear(0, 100)
    near_miss = almost("near", WALL_SECONDS + 30, 50)
    keep(house.history, near_miss)
    house.cutter.cut(plan_of_near_miss(near_miss), near_miss.clip)
    house.cutter.advance()
    assert house.is_clip("near", 20, 50)
    assert house.history.clip("near").state is ClipState.KEPT
    assert house.count("kept", of="near_miss") == 1


def test_crying_whose_sound_redis_has_lost_has_no_clip(house: ClipHouse) -> None:
    house.hear(60, 100)
    house.cut(house.cries("one", 30, 20))
    assert house.store.path("one") is None
    assert house.history.clip("one").state is ClipState.NONE
    assert house.count("no_sound") == 1


def test_crying_whose_beginning_redis_has_lost_has_a_clip_of_the_rest(house: ClipHouse) -> None:
    house.hear(33, 100)
    house.cut(house.cries("one", 30, 20))
    assert house.is_clip("one", 33, 55)


def test_a_room_that_falls_silent_does_not_keep_its_clip_open(house: ClipHouse) -> None:
    house.hear(0, 50)
    house.cut(house.cries("one", 30, 20))
    assert len(house.cutter) == 1
    house.clock.advance(20)
    house.cutter.advance()
    assert house.is_clip("one", 20, 50)


def test_a_clip_whose_end_is_never_told_ends_by_itself(house: ClipHouse) -> None:
    house.hear(0, 50)
    house.cut(house.cries("one", 30, None))
    house.clock.advance(601)
    house.cutter.advance()
    assert house.is_clip("one", 20, 50)
    assert len(house.cutter) == 0


def test_what_is_told_again_is_cut_once(house: ClipHouse) -> None:
    house.hear(0, 100)
    for _ in range(3):
        house.cut(house.cries("one", 30, 20))
    assert house.count("kept") == 1


def test_a_clip_that_was_deleted_does_not_come_back(house: ClipHouse) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, 20))
    assert house.store.delete("one")
    house.cut(house.cries("one", 30, 20))
    assert house.store.path("one") is None
    assert house.history.clip("one").state is ClipState.DELETED


def test_the_sound_of_an_episode_that_a_parent_deletes_does_not_stay_or_come_back(house: ClipHouse) -> None:
    house.hear(0, 40)
    episode = house.cries("one", 30, None)
    house.cut(episode)
    house.store.delete("one")
    house.history.delete("one")
    house.cutter.close()
    assert list(house.data.glob("clips/*/*/*")) == []
    house.cut(episode)
    assert len(house.cutter) == 0


def test_a_name_that_no_folder_can_have_has_clips_too(house: ClipHouse) -> None:
    house.hear(0, 100, mic="../up")
    house.cut(msgspec.structs.replace(house.cries("one", 30, 20), mic="../up"))
    path = house.store.path("one")
    assert path is not None
    assert path.is_relative_to(house.data / "clips")
    assert len(path.relative_to(house.data / "clips").parts) == 3


@pytest.mark.parametrize("name", ["../../one", "a b", "", "x" * 65, "one\n"])
def test_an_id_that_no_file_can_have_costs_only_its_own_clip(house: ClipHouse, name: str) -> None:
    house.hear(0, 100)
    house.cut(house.cries(name, 30, 20))
    assert house.count("dropped") == 1
    house.cut(house.cries("one", 30, 20))
    assert house.is_clip("one", 20, 55)


def test_more_clips_at_once_than_rooms_cry_are_dropped_and_counted(house: ClipHouse) -> None:
    house.hear(0, 40)
    for number in range(17):
        house.cut(house.cries(f"c{number}", 30, None))
    assert len(house.cutter) == 16
    assert house.count("dropped") == 1


@pytest.mark.parametrize("years", [10_000, 3 * 10**9])
def test_a_clock_in_another_age_is_no_fault_of_the_disk(house: ClipHouse, years: float) -> None:
    offset = years * 31_557_600.0
    house.hear(0, 100, clock_offset=offset)
    house.cut(crying("one", WALL_SECONDS + offset + 30, 20))
    assert house.store.fault == ""
    house.client.delete("tears:chunks:nursery")
    house.hear(0, 100)
    house.cut(house.cries("two", 30, 20))
    assert house.is_clip("two", 20, 55)
