"""`tears dataset check`: each fault is found and named with its cure, and makes the folder unfit."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from integration.own_data.conftest import Tears
from support.sound.own_recordings import crying, mixed, room, write_wav

RATE = 22_050


@pytest.fixture(scope="session")
def faultless_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return three recordings of two cries each, and three of two quiet clips each: nothing is wrong with them."""
    folder = tmp_path_factory.mktemp("dataset")
    for name in range(3):
        episode = crying(10, name, -35, RATE)
        for k in range(2):
            cry = mixed(episode[k * 110_250 : (k + 1) * 110_250], room(5, RATE, 10 * name + k))
            write_wav(folder / "crying" / f"bout{name}_nohash_{k}.wav", cry)
            write_wav(folder / "quiet" / f"still{name}_nohash_{k}.wav", room(5, RATE, 100 + 10 * name + k))
    return folder


@pytest.fixture
def dataset(faultless_dataset: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(faultless_dataset, tmp_path / "dataset"))


def checked(tears: Tears, folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    result = tears("dataset", "check", folder, "--json", *words)
    found: dict[str, Any] = json.loads(result.output)
    assert result.exit_code == (0 if found["fit"] else 1)
    return result.exit_code, found


def faults(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(one["kind"], one["clips"]) for one in found["findings"] if one["severity"] == "fault"]


def test_a_folder_without_faults_is_fit(tears: Tears, dataset: Path) -> None:
    code, found = checked(tears, dataset)
    assert (code, faults(found)) == (0, [])
    assert found["labels"]["crying"]["clips"] == 6
    assert found["labels"]["crying"]["recordings"] == 3
    assert sum(found["labels"]["quiet"]["splits"].values()) == 6
    result = tears("dataset", "check", dataset)
    assert result.exit_code == 0
    assert "fit to train on" in result.output
    assert "not fit" not in result.output


def spoil(folder: Path, how: str) -> str:
    """Add one bad clip, and return its name."""
    name = {"silence": "quiet/muted_nohash_0.wav", "label": "cryng/x_nohash_0.wav"}.get(how, "crying/bad_nohash_0.wav")
    path = folder / name
    cry = crying(5, 50, -35, RATE)
    if how == "rate":
        write_wav(path, crying(5, 50, -35, 16_000), 16_000)
    elif how == "channels":
        write_wav(path, np.stack([cry, cry], axis=1), channels=2)
    elif how == "length":
        write_wav(path, cry[: 3 * RATE])
    elif how == "truncated":
        write_wav(path, cry)
        path.write_bytes(path.read_bytes()[:150_000])
    elif how == "format":
        soundfile.write(path, cry, RATE, subtype="FLOAT")
    elif how == "wav":
        path.write_text("no sound at all")
    elif how == "clipping":
        write_wav(path, np.clip(cry.astype(int) * 100, -32_768, 32_767).astype(np.int16))
    elif how == "flat tops":
        loudest = int(np.abs(cry).max())
        write_wav(path, np.clip(cry, -loudest // 6, loudest // 6))
    else:
        write_wav(path, np.zeros(110_250, np.int16) if how == "silence" else cry)
    return name


@pytest.mark.parametrize(
    ("how", "kind", "says"),
    [
        ("rate", "rate", "16000 Hz, not 22050"),
        ("channels", "channels", "2 channels; mix them"),
        ("length", "length", "3.00 s, not 5; cut"),
        ("truncated", "truncated", "its last 70544 bytes are missing"),
        ("format", "format", "not of 16 bits; convert it"),
        ("wav", "wav", "cannot be read as sound"),
        ("clipping", "clipping", "turn the microphone down"),
        ("flat tops", "clipping", "turn the microphone down"),
        ("silence", "silence", "muted: delete them"),
        ("label", "label", "did you mean 'crying'?; rename the folder"),
    ],
)
def test_a_bad_clip_is_named_with_its_cure(tears: Tears, dataset: Path, how: str, kind: str, says: str) -> None:
    (dataset / "cryng").mkdir() if how == "label" else None
    name = spoil(dataset, how)
    code, found = checked(tears, dataset)
    assert code == 1
    if kind == "label":
        assert any(one["kind"] == kind and says in one["message"] for one in found["findings"])
        return
    assert faults(found) == [(kind, [name])]
    (message,) = (one["message"] for one in found["findings"] if one["kind"] == kind)
    assert says in message
    result = tears("dataset", "check", dataset)
    assert result.exit_code == 1
    assert "not fit to train on" in result.output


def test_clipping_by_the_gain_of_slicing_is_no_fault(tears: Tears, dataset: Path) -> None:
    name = spoil(dataset, "clipping")
    (dataset / "slices.csv").write_text(
        f"path,label,recording,start_seconds,level_dbfs,gain_db,clipped_share\n{name},crying,a.wav,0,-35,45,0.7\n"
    )
    code, found = checked(tears, dataset)
    assert (code, faults(found)) == (0, [])
    assert "--gain-db auto" in found["findings"][0]["message"]


def test_a_file_that_this_user_may_not_read_is_to_be_made_readable_and_not_deleted(
    tears: Tears, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dataset / "crying" / "bout0_nohash_0.wav"
    path.write_bytes(b"")  # root may read every file, so an unreadable one stands for it
    access = os.access
    monkeypatch.setattr(os, "access", lambda asked, mode: asked != path and access(asked, mode))
    _, found = checked(tears, dataset)
    assert "cannot be read by this user; allow that with chmod +r" in json.dumps(found)


def test_a_list_of_slices_that_is_cut_off_is_named(tears: Tears, dataset: Path) -> None:
    (dataset / "slices.csv").write_text("path,label,clipped_share\ncrying/a_nohash_0.wav,cry\n")
    result = tears("dataset", "check", dataset)
    assert result.exit_code == 1
    assert "slices.csv is not a list of slices" in result.output


def test_a_label_without_a_usable_clip_is_a_fault_whatever_is_allowed(tears: Tears, dataset: Path) -> None:
    for path in (dataset / "crying").glob("*.wav"):
        write_wav(path, soundfile.read(path, dtype="int16")[0], 8_000)
    kinds = ("rate", "length", "split", "balance")
    code, found = checked(tears, dataset, *(word for kind in kinds for word in ("--allow", kind)))
    assert (code, faults(found)) == (1, [("empty", [])])
    assert "crying has no clip that a trainer could use" in json.dumps(found)


def test_the_same_sound_is_found_at_another_level_and_shifted(tears: Tears, dataset: Path) -> None:
    original = dataset / "crying" / "bout0_nohash_0.wav"
    sound = soundfile.read(original, dtype="int16")[0]
    copy = mixed(np.roll(np.round(sound * 0.2).astype(np.int16), 3_000), room(5, RATE, 77, -80))
    write_wav(dataset / "crying" / "bout0_nohash_7.wav", copy)
    _, found = checked(tears, dataset)
    assert faults(found) == [("duplicate", ["crying/bout0_nohash_0.wav", "crying/bout0_nohash_7.wav"])]
    assert "-14.0 dB" in found["findings"][0]["message"]
    assert checked(tears, dataset, "--allow", "duplicate")[0] == 0


def test_the_same_sound_under_two_labels_is_a_contradiction(tears: Tears, dataset: Path) -> None:
    shutil.copy(dataset / "crying" / "bout1_nohash_0.wav", dataset / "quiet" / "still1_nohash_9.wav")
    _, found = checked(tears, dataset)
    ((kind, clips),) = faults(found)
    assert (kind, clips) == ("duplicate", ["crying/bout1_nohash_0.wav", "quiet/still1_nohash_9.wav"])
    assert "under crying and quiet" in found["findings"][0]["message"]


def test_the_same_sound_on_both_sides_of_the_split_is_leakage(tears: Tears, dataset: Path) -> None:
    # At these shares bout0 is in the training split, and a tenth of all other names is not.
    splits = {}
    for k in range(40):
        name = f"copy{k}_nohash_0.wav"
        shutil.copy(dataset / "crying" / "bout0_nohash_0.wav", dataset / "crying" / name)
        _, found = checked(tears, dataset)
        (splits[name],) = [kind for kind, _ in faults(found)]
        (dataset / "crying" / name).unlink()
        if len(set(splits.values())) == 2:
            break
    assert set(splits.values()) == {"leakage", "duplicate"}


def test_slices_that_are_not_named_as_slices_leak(tears: Tears, dataset: Path) -> None:
    episode = crying(30, 60, -35, RATE)
    for k in range(6):
        write_wav(dataset / "crying" / f"night_{k}.wav", episode[k * 110_250 : (k + 1) * 110_250])
    shares = ("--validation-percentage", "30", "--testing-percentage", "30")
    code, found = checked(tears, dataset, *shares)
    ((kind, clips),) = faults(found)
    assert (code, kind, len(clips)) == (1, "leakage", 6)
    (message,) = (one["message"] for one in found["findings"] if one["kind"] == "leakage")
    assert "night_nohash_0.wav" in message
    assert checked(tears, dataset, *shares, "--allow", "leakage")[0] == 0


def test_one_label_with_many_times_the_clips_of_another_is_found(tears: Tears, dataset: Path) -> None:
    for k in range(10):
        write_wav(dataset / "quiet" / f"more{k}_nohash_0.wav", room(5, RATE, 300 + k))
        write_wav(dataset / "quiet" / f"more{k}_nohash_1.wav", room(5, RATE, 400 + k))
    code, found = checked(tears, dataset)
    (one,) = (one for one in found["findings"] if one["kind"] == "balance")
    assert (code, one["severity"]) == (0, "warning")
    for path in sorted((dataset / "crying").iterdir())[:4]:
        path.unlink()
    _, found = checked(tears, dataset)
    assert {kind for kind, _ in faults(found)} == {"balance", "split"}


def test_an_empty_label_and_a_single_label_are_found(tears: Tears, dataset: Path) -> None:
    (dataset / "dog").mkdir()
    _, found = checked(tears, dataset)
    assert [kind for kind, _ in faults(found)] == ["empty"]
    shutil.rmtree(dataset / "dog")
    shutil.rmtree(dataset / "quiet")
    _, found = checked(tears, dataset)
    assert [kind for kind, _ in faults(found)] == ["empty"]
    assert "nothing to compare it with" in found["findings"][0]["message"]


def test_background_noise_may_be_long_and_is_no_label(tears: Tears, dataset: Path) -> None:
    write_wav(dataset / "_background_noise_" / "fan.wav", room(20, RATE, 5))
    code, found = checked(tears, dataset)
    assert code == 0
    assert set(found["labels"]) == {"crying", "quiet"}


def test_a_folder_that_cannot_be_checked_is_named_with_its_cure(tears: Tears, tmp_path: Path) -> None:
    assert "is not a folder" in tears("dataset", "check", tmp_path / "nowhere").output
    (tmp_path / "empty").mkdir()
    assert "tears slice" in tears("dataset", "check", tmp_path / "empty").output
    write_wav(tmp_path / "flat" / "a.wav", room(5, RATE, 1))
    assert "side by side" in tears("dataset", "check", tmp_path / "flat").output
    result = tears("dataset", "check", tmp_path / "flat", "--allow", "everything")
    assert result.exit_code == 2
    assert "not one of label" in result.output
