"""One process at a time holds a lock file."""

import stat
from pathlib import Path

import pytest

from tears.kit.files import FileLock


def test_a_second_lock_is_refused_until_the_first_is_closed(tmp_path: Path) -> None:
    with FileLock(tmp_path / ".lock"), pytest.raises(BlockingIOError):
        FileLock(tmp_path / ".lock")
    FileLock(tmp_path / ".lock").close()


def test_the_lock_file_has_the_mode_that_was_asked_for(tmp_path: Path) -> None:
    with FileLock(tmp_path / ".lock", mode=0o600):
        assert stat.S_IMODE((tmp_path / ".lock").stat().st_mode) == 0o600


def test_a_lock_knows_whether_its_file_is_still_in_place(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with FileLock(path) as lock:
        assert lock.is_in_place()
        path.rename(tmp_path / "moved")
        with pytest.raises(FileNotFoundError):
            lock.is_in_place()
        path.touch()
        assert not lock.is_in_place()
