"""What a journal that was killed has cut: after its restart the clips are whole, and none is lost."""

import pytest
from integration.journal.clips.clip_house import ClipHouse
from support.journal.kept_history import almost, keep
from support.sound.chunks import WALL_SECONDS

from tears.journal.history import ClipState, KeptClip


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


def test_a_clip_of_crying_that_ended_before_the_journal_was_killed_is_cut_after_its_restart(house: ClipHouse) -> None:
    house.hear(0, 52)
    house.cut(house.cries("one", 30, 20))
    keep(house.history, almost("two", WALL_SECONDS + 15, 5))
    abandoned = house.cutter
    house.begin_again()
    house.hear(52, 100)
    house.cutter.catch_up()
    house.cutter.advance()
    assert house.is_clip("one", 20, 55)
    assert house.is_clip("two", 5, 25)
    abandoned.close()


def test_after_a_restart_what_was_deleted_stays_deleted_and_what_is_whole_stays_as_it_is(house: ClipHouse) -> None:
    house.hear(0, 100)
    house.cut(house.cries("whole", 30, 20))
    house.cries("deleted", 30, 20)
    house.history.delete("deleted")
    house.cries("given up", 30, 20)
    house.history.set_clip("given up", KeptClip(state=ClipState.DELETED))
    house.begin_again()
    house.cutter.catch_up()
    assert len(house.cutter) == 0


def test_more_clips_than_may_be_open_are_cut_after_a_restart_if_they_are_over(house: ClipHouse) -> None:
    house.hear(0, 300)
    for number in range(24):
        house.cries(f"one-{number}", 20 + 10 * number, 5)
    house.begin_again()
    house.cutter.catch_up()
    house.cutter.advance()
    for number in range(24):
        assert house.is_clip(f"one-{number}", 10 + 10 * number, 30 + 10 * number)
