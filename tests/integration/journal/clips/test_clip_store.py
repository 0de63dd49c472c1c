"""What pages do with clips: marks, pictures, MP3s, and what others do to the folder meanwhile."""

import errno
import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile
from integration.journal.clips.clip_house import RATE_HZ, SOUND, ClipHouse
from support.sound.chunks import WALL_SECONDS

from tears.journal.clips.clip_folder import ClipFolder
from tears.journal.clips.clip_store import ClipStore
from tears.journal.clips.cutting.recorded_sound import RecordedSound
from tears.journal.errors import ClipStoreError
from tears.journal.history import ClipState, Verdict
from tears.journal.recordings.folder import RecordingFolder
from tears.journal.recordings.retention import RetentionLimits
from tears.journal.recordings.segments import RecordedSegment
from tears.kit.clock import SystemClock
from tears.kit.redis_client import connect


def record(house: ClipHouse, first_second: int, end_second: int, session: str = "s1") -> None:
    """Write these seconds of the sound as a file of the recordings."""
    with RecordingFolder(house.data / "recordings", RetentionLimits(), 0, SystemClock()) as folder:
        folder.write(
            RecordedSegment(
                mic="nursery",
                session=session,
                first_sample=first_second * RATE_HZ,
                sample_rate_hz=RATE_HZ,
                channels=1,
                pcm=SOUND[first_second * RATE_HZ : end_second * RATE_HZ].tobytes(),
                begins_at_seconds=WALL_SECONDS + first_second,
            )
        )


def kept(house: ClipHouse, name: str = "one") -> Path:
    house.hear(0, 100)
    house.cut(house.cries(name, 30, 20))
    path = house.store.path(name)
    assert path is not None
    return path


def mark(house: ClipHouse, first_second: float, end_second: float) -> tuple[str, ClipState]:
    made = house.store.mark(
        "nursery", WALL_SECONDS + first_second, WALL_SECONDS + end_second, Verdict.CRYING, made_by="parent"
    )
    assert house.history.clip(made.label.id) == made.clip
    assert house.history.find_label(made.label.id) == made.label
    return made.label.id, made.clip.state


def test_a_mark_has_the_sound_of_the_recordings_across_their_files(house: ClipHouse) -> None:
    record(house, 0, 30)
    record(house, 30, 60)
    name, state = mark(house, 22.5, 41.25)
    assert state is ClipState.KEPT
    assert house.is_clip(name, 22.5, 41.25)


def test_a_mark_has_the_newest_sound_from_redis(house: ClipHouse) -> None:
    record(house, 0, 30)
    house.hear(20, 60)
    name, _ = mark(house, 22, 41)
    assert house.is_clip(name, 22, 41)


def test_a_mark_without_sound_is_kept_without_a_clip(house: ClipHouse) -> None:
    record(house, 0, 30)
    name, state = mark(house, 40, 50)
    assert state is ClipState.NONE
    assert house.store.path(name) is None


def test_a_mark_is_kept_though_redis_is_away(house: ClipHouse) -> None:
    record(house, 0, 30)
    away = connect("unix:///nowhere/redis.sock")
    house.store = ClipStore(house.folder, house.history, RecordedSound(house.data / "recordings"), away)
    name, state = mark(house, 22, 41)
    assert state is ClipState.KEPT
    assert house.is_clip(name, 22, 30)


def test_whether_there_is_sound_of_a_stretch_is_known(house: ClipHouse) -> None:
    record(house, 0, 30)
    house.hear(60, 90)
    heard = {at: house.store.has_sound("nursery", WALL_SECONDS + at, WALL_SECONDS + at + 5) for at in (20, 40, 70)}
    assert heard == {20: True, 40: False, 70: True}
    away = connect("unix:///nowhere/redis.sock")
    house.store = ClipStore(house.folder, house.history, RecordedSound(house.data / "recordings"), away)
    assert not house.store.has_sound("nursery", WALL_SECONDS + 70, WALL_SECONDS + 75)


def test_a_damaged_recording_is_left_out_of_a_mark(house: ClipHouse) -> None:
    record(house, 0, 30)
    record(house, 30, 60)
    first = min((house.data / "recordings").glob("*/*/*.flac"))
    first.write_bytes(first.read_bytes()[:5_000])
    name, _ = mark(house, 22, 41)
    assert house.is_clip(name, 30, 41)


@pytest.mark.parametrize("end_second", [20, 19, 321])
def test_a_mark_is_longer_than_nothing_and_at_most_five_minutes_long(house: ClipHouse, end_second: int) -> None:
    with pytest.raises(ClipStoreError, match="at most five minutes"):
        mark(house, 20, end_second)
    assert house.history.labels() == []


def test_recordings_are_found_by_time_and_room(house: ClipHouse) -> None:
    record(house, 0, 30)
    record(house, 30, 60)
    record(house, 90, 100)
    found = house.store.recorded("nursery", WALL_SECONDS + 29, WALL_SECONDS + 90)
    assert [(one.from_at - WALL_SECONDS, one.seconds) for one in found] == [(0, 30), (30, 30)]
    assert house.store.recorded(None, WALL_SECONDS + 29, WALL_SECONDS + 90) == found
    assert house.store.recorded("kitchen", WALL_SECONDS, WALL_SECONDS + 90) == []
    path = house.store.recording(found[1].name)
    assert path is not None
    assert np.array_equal(soundfile.read(path, dtype="int16")[0], SOUND[30 * RATE_HZ : 60 * RATE_HZ])


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "nursery/../nursery-20231114T221320Z-s1-000000000000-000000240000",
        "nursery-20231114T221320Z-s1-000000000000-000000240001",
        "kitchen-20231114T221320Z-s1-000000000000-000000240000",
        "nursery-20231314T221320Z-s1-000000000000-000000240000",
        "nursery-20231114T221320Z-s1-000000000000-000000240000\x00",
        "",
    ],
)
def test_other_names_lead_to_no_recording(house: ClipHouse, name: str) -> None:
    record(house, 0, 30)
    assert house.store.recording("nursery-20231114T221320Z-s1-000000000000-000000240000") is not None
    assert house.store.recording(name) is None


@pytest.mark.parametrize("name", ["../one", "one.flac", "", ".", "two", "one\x00"])
def test_other_ids_lead_to_no_clip(house: ClipHouse, name: str) -> None:
    kept(house)
    assert house.store.path(name) is None
    assert house.store.mp3(name) is None
    assert house.store.spectrogram(name) is None
    assert not house.store.delete(name)


def test_a_picture_and_an_mp3_are_made_once_and_go_with_their_clip(house: ClipHouse) -> None:
    clip = kept(house)
    before = house.folder.size_bytes
    picture, mp3 = house.store.spectrogram("one"), house.store.mp3("one")
    assert isinstance(picture, Path)
    assert isinstance(mp3, Path)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert soundfile.info(mp3).format == "MP3"
    assert {stat.S_IMODE(one.stat().st_mode) for one in (clip, picture, mp3)} == {0o600}
    assert house.folder.size_bytes == before + picture.stat().st_size + mp3.stat().st_size
    made_at = picture.stat().st_mtime_ns
    assert house.store.spectrogram("one") == picture
    assert picture.stat().st_mtime_ns == made_at
    house.begin_again()
    assert house.folder.size_bytes == before + picture.stat().st_size + mp3.stat().st_size
    assert house.store.delete("one")
    assert list((house.data / "clips").glob("*/*")) == []
    assert house.history.clip("one").state is ClipState.DELETED


def test_a_full_disk_still_shows_a_picture(house: ClipHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(house)

    def refuse(_: ClipFolder) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(ClipFolder, "require_space", refuse)
    content = house.store.spectrogram("one")
    assert isinstance(content, bytes)
    assert content.startswith(b"\x89PNG")


def test_what_a_full_disk_does_not_take_is_made_once(house: ClipHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept(house)

    def refuse(_: ClipFolder) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(ClipFolder, "require_space", refuse)
    first = house.store.mp3("one")
    assert isinstance(first, bytes)
    assert house.store.mp3("one") is first
    # Another file may have another sound.
    os.utime(path, (1, 1))
    assert house.store.mp3("one") is not first


def test_a_clip_that_was_deleted_from_the_disk_is_offered_no_longer(house: ClipHouse) -> None:
    kept(house).unlink()
    assert house.store.mp3("one") is None
    assert house.history.clip("one").state is ClipState.DELETED
    assert house.store.path("one") is None


def test_a_damaged_clip_is_reported(house: ClipHouse) -> None:
    kept(house).write_bytes(b"no sound")
    with pytest.raises(ClipStoreError, match="is damaged"):
        house.store.spectrogram("one")


def test_a_folder_that_was_deleted_is_made_again(house: ClipHouse) -> None:
    path = kept(house)
    # With the list of what parents have labelled, which is kept beside the clips.
    shutil.rmtree(path.parents[2])
    house.cut(house.cries("two", 40, 20))
    assert house.is_clip("two", 30, 65)
