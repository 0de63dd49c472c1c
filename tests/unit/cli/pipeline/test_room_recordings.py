"""The names of the rooms that recordings are played in."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tears.cli.errors import InputError
from tears.cli.pipeline.room_recordings import find_room_recordings


def recording(folder: Path, stem: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{stem}.wav"
    soundfile.write(path, np.ones(480, np.int16), 48_000, format="WAV")
    return path


def test_a_room_has_the_name_of_its_file(tmp_path: Path) -> None:
    (found,) = find_room_recordings([recording(tmp_path, "night-1")])
    assert (found.mic, found.stem, found.duration_seconds) == ("night-1", "night-1", 0.01)


def test_names_stay_different_when_characters_are_replaced(tmp_path: Path) -> None:
    paths = [recording(tmp_path, stem) for stem in ("ночь", "вода", "my night")]
    assert [one.mic for one in find_room_recordings(paths)] == ["____", "____-2", "my_night"]


def test_two_files_of_one_stem_are_refused(tmp_path: Path) -> None:
    paths = [recording(tmp_path / folder, "ночь") for folder in ("a", "b")]
    with pytest.raises(InputError, match="would both be the room"):
        find_room_recordings(paths)


def test_a_file_named_like_the_parent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rename it"):
        find_room_recordings([recording(tmp_path, "..")])


def test_a_file_whose_name_is_not_utf_8_has_a_room_with_a_plain_name(tmp_path: Path) -> None:
    path = recording(tmp_path, "night").rename(tmp_path / "n\udce4cht.wav")
    (one,) = find_room_recordings([path])
    assert one.mic == "n_cht"
    assert one.duration_seconds > 0
