"""What a journal that was killed has cut: after its restart the clips are whole, and none is lost."""

import errno
from unittest.mock import Mock

import numpy as np
import pytest
import soundfile
from integration.journal.clips.clip_house import RATE_HZ, SOUND, ClipHouse
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


def test_after_a_restart_what_is_left_is_added_to_a_longer_clip_and_does_not_replace_it(house: ClipHouse) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, None))
    house.cutter.close()
    assert house.is_clip("one", 20, 100)
    house.begin_again()
    house.client.delete("tears:chunks:nursery")
    house.hear(90, 120)
    house.cut(house.cries("one", 30, 80))
    assert house.is_clip("one", 20, 115)
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


def test_a_clip_goes_on_where_a_killed_process_has_left_it_though_redis_has_lost_its_beginning(
    house: ClipHouse,
) -> None:
    house.hear(0, 150)
    house.cut(house.cries("one", 30, None))
    house.cutter.advance()
    abandoned = [house.cutter]
    house.client.xtrim("tears:chunks:nursery", maxlen=120)
    house.begin_again()
    house.hear(150, 260)
    house.client.xtrim("tears:chunks:nursery", maxlen=120)
    house.cut(house.cries("one", 30, None))
    house.cutter.advance()
    # Killed once more.
    abandoned.append(house.cutter)
    house.client.xtrim("tears:chunks:nursery", maxlen=20)
    house.begin_again()
    house.hear(260, 330)
    house.cut(house.cries("one", 30, 270))
    house.cutter.advance()
    assert house.is_clip("one", 20, 305)
    assert house.parts() == []
    for cutter in abandoned:
        cutter.close()


def test_a_clip_goes_on_in_another_session_with_the_sound_that_it_lacks(house: ClipHouse) -> None:
    house.hear(0, 60)
    house.hear(60, 90, session="s2")
    house.cut(house.cries("one", 30, None))
    house.cutter.close()
    house.client.xtrim("tears:chunks:nursery", maxlen=10)
    house.begin_again()
    house.hear(90, 120, session="s2")
    house.cut(house.cries("one", 30, 80))
    path = house.store.path("one")
    assert path is not None
    # The file says with milliseconds when it begins.
    assert abs(soundfile.info(path).duration - 95.0) < 0.01
    found, wanted = soundfile.read(path, dtype="int16")[0], SOUND[20 * RATE_HZ :]
    assert np.array_equal(found[: 70 * RATE_HZ], wanted[: 70 * RATE_HZ])
    later = found[80 * RATE_HZ : 90 * RATE_HZ]
    assert any(np.array_equal(later, wanted[80 * RATE_HZ - off : 90 * RATE_HZ - off]) for off in range(-10, 11))


def test_a_damaged_clip_is_cut_anew_and_not_gone_on_with(house: ClipHouse) -> None:
    house.hear(0, 60)
    house.cut(house.cries("one", 30, None))
    house.cutter.close()
    path = house.store.path("one")
    assert path is not None
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    house.begin_again()
    house.hear(60, 100)
    house.cut(house.cries("one", 30, 30))
    assert house.is_clip("one", 20, 65)


def test_the_clip_of_an_episode_that_was_deleted_before_the_power_failed_does_not_come_back(house: ClipHouse) -> None:
    house.hear(0, 60)
    house.cut(house.cries("one", 30, None))
    abandoned = house.cutter
    house.history.delete("one")
    house.begin_again()
    assert house.store.path("one") is None
    assert list(house.data.glob("clips/*/*/*")) == []
    abandoned.close()


@pytest.mark.parametrize("is_redis_empty", [False, True])
def test_a_clip_whose_end_is_told_late_ends_there_all_the_same(house: ClipHouse, *, is_redis_empty: bool) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, None))
    if is_redis_empty:
        house.client.flushall()
    house.cut(house.cries("one", 30, 20))
    assert house.is_clip("one", 20, 55)
    assert house.history.clip("one").seconds == 35
    assert house.parts() == []


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_clip_whose_end_is_told_after_a_restart_ends_there_all_the_same(house: ClipHouse, *, is_killed: bool) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, None))
    abandoned = house.cutter
    if not is_killed:
        abandoned.close()
    house.begin_again()
    assert house.history.clip("one").seconds > 70
    house.cries("one", 30, 20)
    house.cutter.catch_up()
    house.cutter.advance()
    assert house.is_clip("one", 20, 55)
    assert house.history.clip("one").seconds == 35
    abandoned.close()


def test_the_beginning_of_an_episode_that_is_told_again_after_its_end_opens_no_clip(house: ClipHouse) -> None:
    house.hear(0, 100)
    began = house.cries("one", 30, None)
    house.cut(house.cries("one", 30, 20))
    house.begin_again()
    house.cut(began)
    assert len(house.cutter) == 0
    assert house.is_clip("one", 20, 55)


def test_a_clip_that_cannot_be_shortened_stays_whole(house: ClipHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, None))
    house.cutter.close()
    house.begin_again()
    refusal = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(house.folder, "make_writer", Mock(side_effect=refusal))
    house.cut(house.cries("one", 30, 20))
    assert house.is_clip("one", 20, 100)
    assert house.history.clip("one").seconds == 80
