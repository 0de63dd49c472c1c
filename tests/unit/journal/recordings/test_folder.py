"""The folder of recordings on a real disk."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.sound.chunks import known_noise

from tears.journal.errors import FolderError, FolderTakenError
from tears.journal.recordings.folder import LOCK_NAME, RecordingFolder, disk_refusal
from tears.journal.recordings.retention import RetentionLimits
from tears.journal.recordings.segments import RecordedSegment
from tears.kit.clock import ManualClock, SystemClock

RATE_HZ = 8_000
DAY = 86_400.0


def segment(number: int = 0, *, mic: str = "nursery", session: str = "s1", channels: int = 1) -> RecordedSegment:
    return RecordedSegment(
        mic=mic,
        session=session,
        first_sample=number * RATE_HZ,
        sample_rate_hz=RATE_HZ,
        channels=channels,
        pcm=known_noise(RATE_HZ * channels, seed=number).tobytes(),
        begins_at_seconds=1_700_000_000.0 + number,
    )


def recordings(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*/*.flac"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "nights" / "out"


@pytest.fixture
def folder(out: Path) -> Iterator[RecordingFolder]:
    with RecordingFolder(out, RetentionLimits(), 0, SystemClock()) as opened:
        yield opened


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_the_stored_sound_is_exact_to_the_last_bit(folder: RecordingFolder, out: Path, channels: int) -> None:
    one = segment(channels=channels)
    size_bytes, _ = folder.write(one)
    (path,) = recordings(out)
    sound, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate_hz == RATE_HZ
    assert soundfile.info(path).subtype == "PCM_16"
    assert np.array_equal(sound, np.frombuffer(one.pcm, "<i2").reshape(-1, channels))
    assert path.stat().st_size == size_bytes


def test_a_file_is_whole_and_on_the_disk_before_it_has_its_name(
    folder: RecordingFolder, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, int]] = []
    genuine_fsync, genuine_replace = os.fsync, Path.replace

    def fsync(fd: int) -> None:
        synced.append((str(Path(f"/proc/self/fd/{fd}").readlink()), os.fstat(fd).st_size))
        genuine_fsync(fd)

    def replace(source: Path, target: Path) -> Path:
        synced.append((f"rename to {target.name}", 0))
        return genuine_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    folder.write(segment())
    (path,) = recordings(out)
    names = [name for name, _ in synced]
    assert names[-3:] == [f"{path}.part", f"rename to {path.name}", str(path.parent)]
    assert synced[-3][1] == path.stat().st_size
    # The new folders too.
    assert names[:-3] == [str(out), str(out / "nursery")]


def test_no_half_written_file_stays_when_the_disk_fails(
    folder: RecordingFolder, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        (out / "nursery").mkdir()
        (out / "nursery" / "2023-11-14").mkdir()
        with pytest.raises(OSError, match="Input/output"):
            folder.write(segment())
    assert [path for path in out.rglob("*") if path.is_file()] == [out / LOCK_NAME]
    folder.write(segment())
    assert len(recordings(out)) == 1


def test_a_reserve_of_the_disk_stays_free(out: Path) -> None:
    free_bytes = os.statvfs(out.parents[1]).f_bavail * os.statvfs(out.parents[1]).f_frsize
    with RecordingFolder(out, RetentionLimits(), 2 * free_bytes, SystemClock()) as folder:
        with pytest.raises(OSError, match="No space left") as caught:
            folder.write(segment())
        assert caught.value.errno == errno.ENOSPC
        assert "TEARS_JOURNAL_LEAVE_GIB" in disk_refusal(caught.value)
        assert recordings(out) == []


def test_recordings_are_for_their_owner_alone(folder: RecordingFolder, out: Path) -> None:
    folder.write(segment())
    for path in (out, *out.rglob("*")):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path


def test_a_second_process_is_refused_because_the_folder_is_taken(folder: RecordingFolder, out: Path) -> None:
    assert folder.path == out
    second = RecordingFolder(out, RetentionLimits(), 0, SystemClock())
    with pytest.raises(FolderTakenError, match="another folder"), second:
        pass


def test_a_folder_is_free_again_after_its_process(out: Path) -> None:
    for _ in range(2):
        with RecordingFolder(out, RetentionLimits(), 0, SystemClock()):
            pass


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with (
        pytest.raises(FolderError, match=f"cannot record into {tmp_path}"),
        RecordingFolder(tmp_path / "out", RetentionLimits(), 0, SystemClock()),
    ):
        pass


def test_the_next_process_knows_how_far_each_session_has_come(folder: RecordingFolder, out: Path) -> None:
    for one in (segment(0), segment(2), segment(1), segment(5, session="s2"), segment(3, mic="kitchen")):
        folder.write(one)
    (out / "nursery" / "2023-11-14" / "notes.txt").write_text("mine")
    found = folder.take_stock()
    assert found.reached == {"nursery": {"s1": 24_000, "s2": 48_000}, "kitchen": {"s1": 32_000}}
    assert (found.files, found.parts_removed) == (5, 0)
    assert folder.size_bytes == sum(path.stat().st_size for path in recordings(out))


def test_half_written_files_are_removed_and_counted_and_no_others(folder: RecordingFolder, out: Path) -> None:
    folder.write(segment())
    (path,) = recordings(out)
    path.rename(f"{path}.part")
    other = path.with_name("download.flac.part")
    other.write_text("of another program")
    assert folder.take_stock().parts_removed == 1
    assert [one.name for one in path.parent.iterdir()] == [other.name]


def test_beyond_the_size_limit_the_oldest_files_are_deleted(out: Path) -> None:
    with RecordingFolder(out, RetentionLimits(), 0, SystemClock()) as folder:
        size_bytes, _ = folder.write(segment())
    with RecordingFolder(out, RetentionLimits(keep_bytes=int(3.5 * size_bytes)), 0, SystemClock()) as folder:
        folder.take_stock()
        deleted = [folder.write(segment(number))[1] for number in range(1, 6)]
    assert deleted == [0, 0, 1, 1, 1]
    assert [path.name[-30:-18] for path in recordings(out)] == [f"{n * RATE_HZ:012d}" for n in (3, 4, 5)]


def test_files_that_are_too_old_are_deleted_with_their_folder(out: Path) -> None:
    with RecordingFolder(out, RetentionLimits(keep_seconds=7 * DAY), 0, SystemClock()) as folder:
        for number in (0, 1):
            folder.write(segment(number))
        folder.write(segment(100_000))
        old, young, _ = recordings(out)
        assert old.parent == young.parent
        os.utime(old, (0, 0))
        assert folder.sweep() == 1
        assert recordings(out)[0] == young
        os.utime(young, (0, 0))
        assert folder.sweep() == 1
        assert not young.parent.exists()
        assert len(recordings(out)) == 1


def test_only_its_own_files_are_deleted(out: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.flac"
    with RecordingFolder(out, RetentionLimits(keep_seconds=DAY), 0, SystemClock()) as folder:
        for number in range(6):
            folder.write(segment(number))
        ours, foreign, linked, renamed, unreadable, newest = recordings(out)
        soundfile.write(foreign, known_noise(100), RATE_HZ)
        linked.rename(elsewhere)
        linked.symlink_to(elsewhere)
        kept = renamed.rename(renamed.with_name("a real cry.flac"))
        unreadable.unlink()
        unreadable.mkdir()
        (out / "nursery" / "notes.txt").write_text("mine")
        for path in (ours, foreign, elsewhere, kept, newest):
            os.utime(path, (0, 0))
        assert folder.sweep() == 1
        assert folder.sweep() == 0
        assert set(recordings(out)) == {foreign, linked, kept, unreadable, newest}
        assert elsewhere.exists()


def test_files_of_other_programs_do_not_count_towards_the_size(out: Path) -> None:
    with RecordingFolder(out, RetentionLimits(), 0, SystemClock()) as folder:
        size_bytes, _ = folder.write(segment())
        (path,) = recordings(out)
    path.write_bytes(bytes(100 * size_bytes))
    with RecordingFolder(out, RetentionLimits(keep_bytes=int(3.5 * size_bytes)), 0, SystemClock()) as folder:
        folder.take_stock()
        deleted = [folder.write(segment(number))[1] for number in range(1, 4)]
    assert deleted == [0, 0, 0]
    assert len(recordings(out)) == 4


def test_a_sound_of_an_hour_ago_survives_a_clock_that_was_a_year_behind(out: Path) -> None:
    """A Raspberry Pi without network boots in the past, records, and then learns the time."""
    clock = ManualClock()
    with RecordingFolder(out, RetentionLimits(keep_seconds=7 * DAY), 0, clock) as folder:
        for number in range(3):
            clock.advance(60)
            folder.write(segment(number))
            os.utime(recordings(out)[-1], (clock.wall_seconds(), clock.wall_seconds()))
        clock.step_wall(365 * DAY)
        assert folder.sweep() == 0
        assert recordings(out)[0].stat().st_mtime == pytest.approx(clock.wall_seconds() - 120, abs=1)
        clock.advance(700)
        assert folder.sweep() == 0
        clock.advance(8 * DAY)
        # The newest stays.
        assert folder.sweep() == 2


def test_a_clock_that_jumps_ahead_and_back_deletes_no_earlier_files(out: Path) -> None:
    clock = ManualClock()
    with RecordingFolder(out, RetentionLimits(), 0, clock) as folder:
        for number in range(3):
            folder.write(segment(number))
            os.utime(recordings(out)[-1], (clock.wall_seconds() - DAY, clock.wall_seconds() - DAY))
    with RecordingFolder(out, RetentionLimits(keep_seconds=7 * DAY), 0, clock) as folder:
        clock.step_wall(365 * DAY)
        assert folder.sweep() == 0
        clock.advance(60)
        clock.step_wall(-365 * DAY)
        assert folder.sweep() == 0
        clock.advance(700)
        assert folder.sweep() == 0


def test_nothing_is_written_where_a_disk_used_to_be_mounted(folder: RecordingFolder, out: Path, tmp_path: Path) -> None:
    stick = out.rename(tmp_path / "stick")
    out.mkdir()
    with pytest.raises(FileNotFoundError, match="gone") as caught:
        folder.write(segment())
    assert "mounted" in disk_refusal(caught.value)
    assert list(out.iterdir()) == []
    out.rmdir()
    stick.rename(out)
    folder.write(segment())
    assert len(recordings(out)) == 1


def test_the_same_disk_mounted_again_is_locked_again(folder: RecordingFolder, out: Path) -> None:
    (out / LOCK_NAME).unlink()
    (out / LOCK_NAME).write_text("")
    folder.write(segment())
    with pytest.raises(FolderTakenError), RecordingFolder(out, RetentionLimits(), 0, SystemClock()):
        pass
