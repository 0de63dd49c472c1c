"""What is no file in the place of a file holds nobody up, and stays as it is."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tears.kit.files import FileLock, make_private, open_regular, write_whole


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    "use",
    [
        FileLock,
        lambda path: make_private(path, 0o600),
        lambda path: open_regular(path, os.O_RDONLY),
        lambda path: open_regular(path, os.O_WRONLY | os.O_APPEND),
        lambda path: write_whole(path.with_name("a.txt"), b"new", part=path),
    ],
    ids=["lock", "private file", "read", "append", "part of a file"],
)
def test_a_pipe_in_place_of_a_file_is_an_error_without_a_wait(tmp_path: Path, use: Callable[[Path], object]) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o644)
    with pytest.raises(OSError, match=r"a pipe or a device is in its place: move it away|No such device"):
        use(path)


def test_the_rights_of_what_is_no_file_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    path.chmod(0o666)
    with pytest.raises(OSError, match="a pipe or a device"):
        make_private(path, 0o600)
    assert mode_of(path) == 0o666


def test_a_private_file_is_made_or_closed_to_others_and_keeps_its_content(tmp_path: Path) -> None:
    made, found = tmp_path / "made", tmp_path / "found"
    found.write_text("mine")
    found.chmod(0o644)
    for path in (made, found):
        make_private(path, 0o600)
        assert mode_of(path) == 0o600
    assert found.read_text() == "mine"


def test_what_was_opened_waits_as_other_files_do_and_is_not_inherited(tmp_path: Path) -> None:
    descriptor = open_regular(tmp_path / "a", os.O_RDWR | os.O_CREAT)
    assert os.get_blocking(descriptor)
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)
