"""One file is written whole or not at all."""

import stat
from pathlib import Path

import pytest
from support.processes.small_disk import run_code

from tears.kit.files import write_whole, write_with

WRITE = """
import pathlib, sys
from tears.kit.files import write_whole
write_whole(pathlib.Path(sys.argv[1]), b"x" * 10_000)
"""


def test_the_file_has_the_content_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.txt": b"new"}


def test_the_file_has_the_mode_that_was_asked_for(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", b"new", mode=0o600, sync_parent=True)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o600


def test_the_part_file_can_be_named(tmp_path: Path) -> None:
    seen: list[Path] = []

    def write(part: Path) -> None:
        seen.append(part)
        part.write_bytes(b"new")

    write_with(tmp_path / "a.wav", write)
    write_with(tmp_path / "a.wav", write, part=tmp_path / "a.wav.part")
    assert seen == [tmp_path / ".a.part.wav", tmp_path / "a.wav.part"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_an_interrupted_write_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")

    def interrupted(part: Path) -> None:
        part.write_bytes(b"ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_with(tmp_path / "a.txt", interrupted)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.txt": b"old"}


def test_a_full_disk_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")
    done = run_code(WRITE, str(tmp_path / "a.txt"), largest_file_bytes=4_096)
    assert f"File too large: '{tmp_path}/a.txt'" in done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.txt": b"old"}


def test_an_error_names_the_file_and_not_its_part(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "missing" / "a.txt", b"new")
    assert caught.value.filename == str(tmp_path / "missing" / "a.txt")


def test_a_folder_where_the_part_would_be_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".a.txt.part").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "a.txt", b"new")
    assert (tmp_path / ".a.txt.part").is_dir()
