"""Several files appear together or not at all."""

from pathlib import Path

import pytest
from support.processes.small_disk import run_code

from tears.kit.files import FilesTogether

WRITE_TWO = """
import pathlib, sys
from tears.kit.files import FilesTogether
with FilesTogether() as files:
    files.add(pathlib.Path(sys.argv[1], "clips", "small.wav"), b"x")
    files.add(pathlib.Path(sys.argv[1], "large.wav"), b"x" * 10_000)
"""


def test_files_appear_when_all_of_them_are_written(tmp_path: Path) -> None:
    with FilesTogether() as files:
        files.add(tmp_path / "clips" / "a.wav", b"a")
        files.add(tmp_path / "b.wav", b"b")
        assert not list(tmp_path.rglob("*.wav"))

    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*.*")} == {"a.wav": b"a", "b.wav": b"b"}


def test_after_an_error_no_part_and_no_new_folder_is_left(tmp_path: Path) -> None:
    def interrupted() -> None:
        with FilesTogether() as files:
            files.add(tmp_path / "clips" / "a.wav", b"a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_after_a_full_disk_no_part_and_no_new_folder_is_left(tmp_path: Path) -> None:
    done = run_code(WRITE_TWO, str(tmp_path), largest_file_bytes=4_096)
    assert f"File too large: '{tmp_path}/large.wav'" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_a_file_is_found_before_anything_is_moved(tmp_path: Path) -> None:
    (tmp_path / "b.wav").mkdir()

    def refused() -> None:
        with FilesTogether() as files:
            files.add(tmp_path / "a.wav", b"a")
            files.add(tmp_path / "b.wav", b"b")

    with pytest.raises(IsADirectoryError) as caught:
        refused()
    assert caught.value.filename == str(tmp_path / "b.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["b.wav"]


def test_a_folder_that_others_have_used_meanwhile_stays(tmp_path: Path) -> None:
    def interrupted() -> None:
        with FilesTogether() as files:
            files.add(tmp_path / "clips" / "a.wav", b"a")
            (tmp_path / "clips" / "theirs.txt").write_bytes(b"theirs")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["theirs.txt"]
