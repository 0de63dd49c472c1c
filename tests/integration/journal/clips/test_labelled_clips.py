"""What parents have labelled, as clips to train on."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
from integration.journal.clips.clip_house import RATE_HZ, SOUND, ClipHouse
from support.journal.served_pages import ServedPages
from support.processes.tears_command import environment

from tears.audio.window import make_window
from tears.journal.clips.export import write_clips
from tears.journal.errors import ClipStoreError
from tears.journal.history import Verdict
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.teaching.lesson_material import LessonMaterial
from tears.kit.registry.mic_names import LONGEST_MIC_NAME
from tears.own_data.clips.own_clips import find_own_clips, read_own_clip


def material(house: ClipHouse) -> LessonMaterial:
    return LessonMaterial(house.history, house.store)


def label(house: ClipHouse, name: str, from_second: float, seconds: float, verdict: Verdict) -> None:
    """Let an episode be kept, and say what it was."""
    episode = house.cries(name, from_second, seconds)
    house.cut(episode)
    at = episode.began_at
    house.history.label("nursery", at, at + seconds, verdict, made_by="parent", episode_id=name)


@pytest.fixture
def labelled(house: ClipHouse) -> ClipHouse:
    house.hear(0, 400)
    label(house, "cry", 20, 15, Verdict.CRYING)
    label(house, "cat", 200, 10, Verdict.CAT)
    return house


def test_labels_become_clips_that_training_takes(labelled: ClipHouse, tmp_path: Path) -> None:
    written = write_clips(material(labelled).clips(), tmp_path / "clips-to-train")
    clips = find_own_clips(tmp_path / "clips-to-train")
    assert (written.crying, written.other) == (
        sum(one.is_crying for one in clips),
        sum(not one.is_crying for one in clips),
    )
    assert len({one.recording for one in clips}) == 2
    assert {one.room for one in clips} == {"nursery"}
    # From four seconds before the label on, every two seconds.
    heard = make_window(SOUND[16 * RATE_HZ : 21 * RATE_HZ], RATE_HZ, None).samples
    assert np.array_equal(read_own_clip(clips[0]), heard)
    assert {one.path.stat().st_mode & 0o777 for one in clips} == {0o600}


def test_a_room_with_a_very_long_name_does_not_spoil_the_lesson(
    labelled: ClipHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = [msgspec.structs.replace(one, mic="n" * LONGEST_MIC_NAME) for one in labelled.history.labels()]
    monkeypatch.setattr(labelled.history, "labels", lambda: labels)
    written = write_clips(material(labelled).clips(), tmp_path / "clips-to-train")
    clips = find_own_clips(tmp_path / "clips-to-train")
    assert len(clips) == written.crying + written.other > 0
    assert {one.room for one in clips} == {""}


def test_sound_with_a_gap_is_left_out(house: ClipHouse) -> None:
    house.hear(0, 26)
    house.hear(28, 100)
    label(house, "one", 20, 15, Verdict.OTHER)
    starts = [16, 18, 20, 28, 30]
    windows = [make_window(SOUND[at * RATE_HZ : (at + 5) * RATE_HZ], RATE_HZ, None).samples for at in starts]
    found = [one.samples for one in material(house).clips()]
    assert len(found) == len(windows)
    assert all(np.array_equal(one, wanted) for one, wanted in zip(found, windows, strict=True))


def test_a_label_whose_clip_is_gone_or_damaged_gives_none(labelled: ClipHouse) -> None:
    cry, cat = labelled.store.path("cry"), labelled.store.path("cat")
    assert cry is not None
    assert cat is not None
    cry.unlink()
    cat.write_bytes(b"no sound")
    assert list(material(labelled).clips()) == []


def test_a_folder_that_holds_something_is_refused(labelled: ClipHouse, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(ClipStoreError, match="is not empty; name a new folder"):
        write_clips(material(labelled).clips(), tmp_path / "mine")


def test_a_zip_holds_the_same_files(labelled: ClipHouse, tmp_path: Path) -> None:
    folder = tmp_path / "clips-to-train"
    write_clips(material(labelled).clips(), folder)
    parts = JournalParts(
        settings=JournalSettings(port=0), clock=labelled.clock, history=labelled.history, clips=labelled.store
    )
    with ServedPages(parts) as pages:
        reply = pages.get("/export.zip")
    assert reply.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.wav")}


def test_the_command_writes_them_beside_a_running_journal(labelled: ClipHouse, tmp_path: Path) -> None:
    labelled.cut(labelled.cries("goes-on", 380, None))
    out = tmp_path / "clips-to-train"
    command = [sys.executable, "-m", "tears.journal.clips", str(out)]
    environ = environment() | {"TEARS_JOURNAL_DATA": str(labelled.data)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
    crying, other = (len(list(out.glob(f"{kind}/*.wav"))) for kind in ("crying", "other"))
    assert done.stdout == f"{crying} clips with crying and {other} with other sounds are in {out}\n", done.stderr
    assert min(crying, other) > 0
    assert len(labelled.parts()) == 1
    again = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert again.returncode == 1
    assert again.stderr == f"{out} is not empty; name a new folder, so that nothing in it is mixed up\n"
