"""Clips on a disk that is full, read-only, or kept small."""

import errno
import os
import sqlite3
from contextlib import closing

import pytest
from integration.journal.clips.clip_house import ClipHouse
from support.journal.kept_history import open_history
from support.sound.chunks import WALL_SECONDS

from tears.journal.clips.clip_folder import ClipFolder
from tears.journal.clips.kept_list import KEPT_LIST_FILE
from tears.journal.clips.retention import ClipLimits
from tears.journal.database.storage_faults import StorageFault
from tears.journal.history import ClipState, Verdict


def refuse(_: ClipFolder) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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


@pytest.mark.parametrize("why", ["damaged", "newer"])
def test_what_was_labelled_or_starred_stays_though_the_history_was_lost(house: ClipHouse, why: str) -> None:
    house.hear(0, 200)
    for number, name in enumerate(("starred", "labelled", "plain", "freed")):
        house.cut(house.cries(name, 20 + number * 40, 2))
    at = WALL_SECONDS
    house.history.star("starred", starred=True)
    house.history.star("freed", starred=True)
    house.history.label("nursery", at, at + 2, Verdict.CAT, made_by="parent", episode_id="labelled")
    house.cutter.sweep()
    house.history.star("freed", starred=False)
    house.cutter.sweep()
    house.history.close()
    database = house.data / "history.sqlite3"
    if why == "damaged":
        database.write_bytes(b"not a database" * 1_000)
    else:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA user_version = 99")
    house.limits = ClipLimits(keep_bytes=1)
    house.history = open_history(house.data, house.clock)
    house.begin_again()
    # What Redis still has comes back, but not what a parent has said of it.
    house.cries("labelled", 60, 2)
    for _ in range(2):
        house.cutter.sweep()
    assert {file.clip_id for file in house.folder.files()} == {"starred", "labelled"}
    house.store.delete("labelled")
    house.cutter.sweep()
    assert {file.clip_id for file in house.folder.files()} == {"starred"}


def test_a_list_of_kept_clips_that_is_damaged_or_not_written_stops_nothing(house: ClipHouse) -> None:
    house.hear(0, 200)
    house.cut(house.cries("one", 30, 2))
    house.history.star("one", starred=True)
    listed = house.folder.path / KEPT_LIST_FILE
    listed.write_bytes(b"{")
    house.cutter.sweep()
    assert house.store.path("one") is not None
    listed.unlink()
    listed.with_name(".kept.part.json").mkdir()
    house.history.star("one", starred=False)
    house.limits = ClipLimits(keep_bytes=1)
    house.begin_again()
    house.cutter.sweep()
    assert house.store.path("one") is None
