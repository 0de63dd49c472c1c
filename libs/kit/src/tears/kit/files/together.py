"""Write several files that appear together or not at all."""

import contextlib
import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from tears.kit.files.disk_errors import naming_file
from tears.kit.files.whole import DEFAULT_FILE_MODE, part_of, remove_part, sync_file, write_part


class FilesTogether:
    """Writes files beside their places, and moves all of them there when the `with` block ends without an error.

    After an error, files that had not been moved are removed, and so are the folders that were made for them. `add` and
    the end of the `with` block wait for the disk, and raise OSError with the file's place as its `filename`.
    """

    def __init__(self) -> None:
        self._parts: dict[Path, Path] = {}
        self._folders: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def add(self, path: Path, content: bytes, *, mode: int = DEFAULT_FILE_MODE) -> None:
        """Write a file beside its place, and make its folder if it does not exist; `mode` is before the umask."""
        self.add_pieces(path, [content], mode=mode)

    def add_pieces(self, path: Path, pieces: Iterable[bytes], *, mode: int = DEFAULT_FILE_MODE) -> None:
        """Write a file as `add` does, piece by piece."""
        part = part_of(path)
        with naming_file(path):
            # The rename would find this out when other files have been moved already.
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._make_folder(path.parent)
            self._parts[path] = part
            write_part(part, pieces, mode)
            sync_file(part)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                for path, part in list(self._parts.items()):
                    with naming_file(path):
                        part.replace(path)
                    del self._parts[path]
                self._folders.clear()
        finally:
            self._clear()

    def _make_folder(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir()
            self._folders.append(one)

    def _clear(self) -> None:
        for part in self._parts.values():
            remove_part(part)
        for folder in reversed(self._folders):
            # A folder that is no longer empty stays.
            with contextlib.suppress(OSError):
                folder.rmdir()
