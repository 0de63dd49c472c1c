"""Clips of episodes and near misses, cut out of the streams of a real Redis."""

import errno
import os

import msgspec
import pytest
from integration.journal.clips.clip_house import ClipHouse
from support.journal.kept_history import almost, crying, keep
from support.sound.chunks import WALL_SECONDS

from tears.journal.clips.clip_folder import ClipFolder
from tears.journal.clips.cutting.clip_plan import plan_of_near_miss
from tears.journal.clips.retention import ClipLimits
from tears.journal.database.storage_faults import StorageFault
from tears.journal.history import ClipState, KeptClip, Verdict


def refuse(_: ClipFolder) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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


def test_after_a_restart_in_the_middle_the_whole_is_cut_again(house: ClipHouse) -> None:
    house.hear(0, 40)
    house.cut(house.cries("one", 30, None))
    house.cutter.close()
    assert house.is_clip("one", 20, 40)
    house.begin_again()
    house.hear(40, 100)
    house.cut(house.cries("one", 30, 30))
    assert house.is_clip("one", 20, 65)


def test_after_a_restart_a_longer_clip_is_not_replaced_by_what_is_left(house: ClipHouse) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, None))
    house.cutter.close()
    assert house.is_clip("one", 20, 100)
    house.begin_again()
    house.client.delete("tears:chunks:nursery")
    house.hear(90, 120)
    house.cut(house.cries("one", 30, 80))
    assert house.is_clip("one", 20, 100)
    assert house.parts() == []


def test_what_a_killed_process_has_written_becomes_a_clip_and_then_the_whole(house: ClipHouse) -> None:
    house.hear(0, 40)
    house.cut(house.cries("one", 30, None))
    assert len(house.parts()) == 1
    abandoned = house.cutter
    house.begin_again()
    assert house.parts() == []
    saved = house.history.clip("one")
    assert saved.state is ClipState.KEPT
    # The coder had not written the last samples yet.
    assert 19 < saved.seconds < 20
    assert house.is_clip("one", 20, 20 + saved.seconds)
    house.hear(40, 100)
    house.cut(house.cries("one", 30, 20))
    assert house.is_clip("one", 20, 55)
    abandoned.close()


def test_after_a_power_cut_the_sound_that_was_on_the_disk_stays(house: ClipHouse) -> None:
    house.hear(0, 60)
    house.cut(house.cries("one", 30, None))
    (part,) = house.parts()
    content = part.read_bytes()
    house.cutter.close()
    path = house.store.path("one")
    assert path is not None
    path.unlink()
    house.history.set_clip("one", KeptClip())
    # What had not reached the disk reads as zeros.
    part.write_bytes(content[: len(content) // 2] + bytes(10_000))
    house.client.flushall()
    house.begin_again()
    seconds = house.history.clip("one").seconds
    assert 15 < seconds < 25
    assert house.is_clip("one", 20, 20 + seconds)


def test_a_half_written_file_does_not_replace_a_whole_clip(house: ClipHouse) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, None))
    (part,) = house.parts()
    content = part.read_bytes()[:400_000]
    house.cutter.close()
    part.write_bytes(content)
    house.begin_again()
    assert house.is_clip("one", 20, 100)
    assert house.parts() == []


@pytest.mark.parametrize("content", [b"", b"fLaC", b"fLaC" + bytes(10_000), b"no sound at all"])
def test_a_half_written_file_without_sound_is_removed(house: ClipHouse, content: bytes) -> None:
    folder = house.data / "clips" / "nursery" / "2023-11-14"
    folder.mkdir(parents=True)
    (folder / "one.flac.part").write_bytes(content)
    house.begin_again()
    assert list(folder.iterdir()) == []


def test_a_file_that_ended_the_journal_at_its_start_is_not_tried_again(house: ClipHouse) -> None:
    folder = house.data / "clips" / "nursery" / "2023-11-14"
    folder.mkdir(parents=True)
    (folder / "one.flac.torn").write_bytes(b"fLaC")
    house.begin_again()
    assert list(folder.iterdir()) == []


def test_a_clip_of_which_the_power_failed_to_tell_the_history_is_found_at_the_start(house: ClipHouse) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, 20))
    kept = house.history.clip("one")
    house.history.set_clip("one", KeptClip())
    house.begin_again()
    assert house.history.clip("one") == kept


def test_a_disk_that_is_full_costs_the_clip_and_nothing_else(house: ClipHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.hear(0, 100)

    with monkeypatch.context() as full:
        full.setattr(ClipFolder, "require_space", refuse)
        house.cut(house.cries("one", 30, 20))
    assert house.history.clip("one").state is ClipState.FAILED
    assert house.store.fault == StorageFault.FULL
    assert house.count("failed") == 1
    assert house.parts() == []
    house.cut(house.cries("two", 60, 20))
    assert house.is_clip("two", 50, 85)
    assert house.store.fault == ""


def test_a_disk_that_has_space_again_is_no_fault_any_more(house: ClipHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.hear(0, 100)
    with monkeypatch.context() as full:
        full.setattr(ClipFolder, "require_space", refuse)
        house.cut(house.cries("one", 30, 20))
        house.cutter.sweep()
        assert house.store.fault == StorageFault.FULL
    house.cutter.sweep()
    assert house.store.fault == ""


def test_a_folder_that_cannot_be_made_costs_clips_and_nothing_else(house: ClipHouse) -> None:
    house.hear(0, 100)
    (house.data / "clips").rmdir()
    (house.data / "clips").write_text("in the way")
    house.begin_again()
    assert house.store.fault == StorageFault.READ_ONLY
    house.cut(house.cries("one", 30, 20))
    assert house.history.clip("one").state is ClipState.FAILED
    (house.data / "clips").unlink()
    house.cut(house.cries("two", 60, 20))
    assert house.is_clip("two", 50, 85)


def test_a_disk_that_fills_up_in_the_middle_leaves_no_part(house: ClipHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.hear(0, 40)
    house.cut(house.cries("one", 30, None))
    house.hear(40, 100)

    monkeypatch.setattr(ClipFolder, "require_space", refuse)
    house.cutter.advance()
    assert house.parts() == []
    assert house.history.clip("one").state is ClipState.FAILED


def test_old_clips_go_when_a_new_one_is_kept_but_not_what_a_parent_labelled_or_starred(house: ClipHouse) -> None:
    house.hear(0, 120)
    house.limits = ClipLimits(keep_bytes=3 * 270_000)
    house.begin_again()
    for number in range(5):
        name = f"c{number}"
        episode = house.cries(name, 20 + number * 10, 2)
        house.cut(episode)
        path = house.store.path(name)
        assert path is not None
        os.utime(path, (WALL_SECONDS + number, WALL_SECONDS + number))
        house.folder.take_stock()
        if number == 0:
            house.history.star(name, starred=True)
        if number == 1:
            at = episode.began_at
            house.history.label("nursery", at, at + 2, Verdict.CAT, made_by="parent", episode_id=name)
    assert [house.store.path(f"c{number}") is not None for number in range(5)] == [True, True, False, False, True]
    assert house.history.clip("c2").state is ClipState.DELETED
    assert house.registry.get_sample_value("tears_journal_deleted_clips_total") == 2


def test_while_the_history_cannot_say_what_is_wanted_nothing_is_deleted(house: ClipHouse) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, 20))
    house.limits = ClipLimits(keep_bytes=1)
    house.begin_again()
    house.history.close()
    database = next(house.data.glob("history.sqlite3"))
    content = database.read_bytes()
    for path in house.data.glob("history.sqlite3*"):
        path.unlink()
    database.mkdir()
    house.cutter.sweep()
    assert house.store.path("one") is not None
    database.rmdir()
    database.write_bytes(content)


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
