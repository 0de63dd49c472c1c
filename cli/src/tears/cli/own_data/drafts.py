"""Files that appear together and whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from tears.cli.errors import InputError

_CURES = {
    errno.ENOSPC: "the disk is full: free space there",
    errno.EDQUOT: "the disk's quota is used up: free space there",
    errno.EROFS: "the disk is read-only: name a folder on another",
    errno.EACCES: "this user may not write there: name another folder, or let it",
    errno.EPERM: "this user may not write there: name another folder, or let it",
    errno.EIO: "the disk fails: replace it",
    errno.EISDIR: "a folder stands in its place: move it away",
    errno.EFBIG: "files may not be as large as that: raise the limit (ulimit -f)",
    errno.ENOENT: "there is no such folder: make it, or name another",
    errno.ENAMETOOLONG: "the name is too long: rename the recording",
}


def disk_error(path: Path, error: OSError) -> InputError:
    """What to tell of a disk that did not take a file."""
    return InputError(f"cannot write {path}: {_CURES.get(error.errno or 0, error.strerror or str(error))}")


class Drafts:
    """Writes files beside their places and moves them there when the block ends without an error.

    After an error nothing of them is left, nor of the folders that were made for them.
    """

    def __init__(self) -> None:
        self._parts: dict[Path, Path] = {}
        self._folders: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def add(self, path: Path, content: bytes) -> None:
        """Writes the draft of a file.

        Raises:
            InputError: The disk does not take it; names the cure.
        """
        part = path.with_name(f".{path.name}.part")
        try:
            if path.is_dir():  # would be found out only once others have been moved into place
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._make_folder(path.parent)
            self._parts[path] = part
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise disk_error(path, error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                self._move()
            except BaseException:
                self._clear()
                raise
        else:
            self._clear()

    def _move(self) -> None:
        for path, part in list(self._parts.items()):
            try:
                part.replace(path)
            except OSError as error:
                raise disk_error(path, error) from error
            del self._parts[path]

    def _make_folder(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir()
            self._folders.append(one)

    def _clear(self) -> None:
        for part in self._parts.values():
            # What stood in the way of a draft is not ours.
            with contextlib.suppress(IsADirectoryError):
                part.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            # One that holds something by now stays.
            with contextlib.suppress(OSError):
                folder.rmdir()
