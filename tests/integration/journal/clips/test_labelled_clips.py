"""What parents have labelled, as clips to train on."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from integration.journal.clips.clip_house import RATE_HZ, SOUND, ClipHouse
from support.journal.served_pages import ServedPages
from support.processes.tears_command import environment
from support.sound.chunks import WALL_SECONDS

from tears.audio.window import make_window
from tears.journal.errors import ClipStoreError
from tears.journal.history import Verdict
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.own_data.clips.own_clips import find_own_clips, read_own_clip


def heard_clip(from_second: int) -> np.ndarray:
    """Return what the model hears of these 5 s."""
    return make_window(SOUND[from_second * RATE_HZ : (from_second + 5) * RATE_HZ], RATE_HZ, None).samples


def label(house: ClipHouse, name: str, from_second: float, seconds: float, verdict: Verdict) -> None:
    """Let an episode be kept, and say what it was."""
    episode = house.cries(name, from_second, seconds)
    house.cut(episode)
    at = episode.began_at
    house.history.label("nursery", at, at + seconds, verdict, made_by="parent", episode_id=name)


@pytest.fixture
def labelled(house: ClipHouse) -> ClipHouse:
    house.hear(0, 400)
    label(house, "cry", 20, 12, Verdict.CRYING)
    label(house, "cat", 200, 10, Verdict.CAT)
    return house


def test_labels_become_clips_that_training_takes(labelled: ClipHouse, tmp_path: Path) -> None:
    written = labelled.store.export(tmp_path / "clips-to-train")
    assert (written.crying, written.other) == (2, 2)
    clips = find_own_clips(tmp_path / "clips-to-train")
    assert [(one.name, one.is_crying) for one in clips] == [
        ("crying/nursery-20231114T221340Z_nohash_0.wav", True),
        ("crying/nursery-20231114T221340Z_nohash_1.wav", True),
        ("other/nursery-20231114T221640Z_nohash_0.wav", False),
        ("other/nursery-20231114T221640Z_nohash_1.wav", False),
    ]
    for one, second in zip(clips, (20, 25, 200, 205), strict=True):
        assert np.array_equal(read_own_clip(one), heard_clip(second))
        assert one.path.stat().st_mode & 0o777 == 0o600


def test_labels_that_overlap_or_are_near_share_a_recording_and_give_no_sound_twice(house: ClipHouse) -> None:
    house.hear(0, 400)
    label(house, "one", 20, 10, Verdict.CRYING)
    label(house, "near", 100, 10, Verdict.OTHER)
    label(house, "far", 240, 10, Verdict.OTHER)
    house.store.mark("nursery", WALL_SECONDS + 25, WALL_SECONDS + 35, Verdict.CRYING, made_by="parent")
    windows = list(house.store.labelled_windows())
    assert [one.recording[-7:] for one in windows] == ["221340Z"] * 5 + ["221720Z"] * 2
    seconds = (20, 25, 30, 100, 105, 240, 245)
    assert all(np.array_equal(one.samples, heard_clip(at)) for one, at in zip(windows, seconds, strict=True))


def test_a_label_below_five_seconds_gives_one_clip_around_it(house: ClipHouse) -> None:
    house.hear(0, 100)
    label(house, "one", 30, 3, Verdict.DOOR)
    (window,) = house.store.labelled_windows()
    assert window.verdict is Verdict.DOOR
    assert np.array_equal(window.samples, make_window(SOUND[29 * RATE_HZ : 34 * RATE_HZ], RATE_HZ, None).samples)


def test_a_pause_inside_crying_is_not_taught_as_crying_but_silence_in_other_sounds_may_be(
    house: ClipHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = SOUND.copy()
    quiet[25 * RATE_HZ : 30 * RATE_HZ] //= 100
    monkeypatch.setattr("integration.journal.clips.clip_house.SOUND", quiet)
    house.hear(0, 100)
    label(house, "one", 20, 15, Verdict.CRYING)
    assert len(list(house.store.labelled_windows())) == 2
    (found,) = house.history.labels()
    house.history.label("nursery", found.from_at, found.to_at, Verdict.TOY, made_by="parent", episode_id="one")
    assert len(list(house.store.labelled_windows())) == 3


def test_sound_with_a_gap_is_left_out(house: ClipHouse) -> None:
    house.hear(0, 26)
    house.hear(28, 100)
    label(house, "one", 20, 15, Verdict.OTHER)
    windows = list(house.store.labelled_windows())
    assert len(windows) == 2
    assert np.array_equal(windows[1].samples, heard_clip(30))


def test_a_label_whose_clip_is_gone_or_damaged_gives_none(labelled: ClipHouse) -> None:
    cry, cat = labelled.store.path("cry"), labelled.store.path("cat")
    assert cry is not None
    assert cat is not None
    cry.unlink()
    cat.write_bytes(b"no sound")
    assert list(labelled.store.labelled_windows()) == []


def test_a_folder_that_holds_something_is_refused(labelled: ClipHouse, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(ClipStoreError, match="is not empty; name a new folder"):
        labelled.store.export(tmp_path / "mine")


def test_a_zip_holds_the_same_files(labelled: ClipHouse, tmp_path: Path) -> None:
    labelled.store.export(tmp_path / "clips-to-train")
    parts = JournalParts(
        settings=JournalSettings(port=0), clock=labelled.clock, history=labelled.history, clips=labelled.store
    )
    with ServedPages(parts) as pages:
        reply = pages.get("/export.zip")
    assert reply.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    folder = tmp_path / "clips-to-train"
    assert found == {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.wav")}


def test_the_command_writes_them_beside_a_running_journal(labelled: ClipHouse, tmp_path: Path) -> None:
    labelled.cut(labelled.cries("goes-on", 380, None))
    out = tmp_path / "clips-to-train"
    command = [sys.executable, "-m", "tears.journal.clips", str(out)]
    environ = environment() | {"TEARS_JOURNAL_DATA": str(labelled.data)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == f"2 clips with crying and 2 with other sounds are in {out}\n", done.stderr
    assert len(labelled.parts()) == 1
    again = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert (again.returncode, again.stderr) == (
        1,
        f"{out} is not empty; name a new folder, so that nothing in it is mixed up\n",
    )
    assert soundfile.info(next(out.glob("crying/*.wav"))).samplerate == 22_050
