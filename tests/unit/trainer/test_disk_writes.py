"""Files that are written whole or not at all, and errors that say what to do."""

import errno
import os
from pathlib import Path

import pytest

from tears.kit.files import write_with
from tears.trainer.disk_writes import failed_writes_named, make_folder, native_reason, write_text
from tears.trainer.errors import WriteError


def test_a_full_disk_keeps_the_old_file_and_leaves_no_half_of_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.txt"
    write_text(path, "before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"labels.txt cannot be written: No space left on device; free some room"):
        write_text(path, "after")

    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["labels.txt"]


def test_the_reason_is_found_in_tensorflows_message_about_a_full_disk() -> None:
    message = "{{function_node SaveV2}} /disk/part-00000.tempstate1; No space left on device [Op:SaveV2]"

    assert native_reason(message) == "No space left on device"
    assert native_reason("Disk quota exceeded") == "Disk quota exceeded"


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def half(part: Path) -> None:
        part.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_with(tmp_path / "a.txt", half)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error_before_the_training(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(WriteError, match="file/training cannot be written"):
        make_folder(tmp_path / "file" / "training")
    make_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


class NativeError(Exception):
    """An error of a library that sets no errno."""


def test_an_error_of_a_library_gets_the_cure_for_the_reason_in_its_text(tmp_path: Path) -> None:
    with (
        pytest.raises(WriteError, match=r"a\.ckpt cannot be written: No space left on device; buy a disk"),
        failed_writes_named(tmp_path / "a.ckpt", NativeError, when_full="buy a disk"),
    ):
        raise NativeError("part-00000; No space left on device [Op:SaveV2]")
    with pytest.raises(WriteError, match=r"^x cannot be written: out of luck$"), failed_writes_named("x", NativeError):
        raise NativeError("out of luck")
