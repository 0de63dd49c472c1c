"""Write one file whole or not at all: beside its place, then renamed into it; and make files survive a power cut.

Every function blocks on the disk and raises OSError.
"""

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from tears.kit.files.disk_errors import naming_file
from tears.kit.files.regular import open_regular

# The mode that `open` asks for; the umask removes bits from it.
DEFAULT_FILE_MODE = 0o666
# For what was heard at home.
PRIVATE_FILE_MODE = 0o600


def write_whole(
    path: Path, content: bytes, *, mode: int = DEFAULT_FILE_MODE, part: Path | None = None, sync_parent: bool = False
) -> None:
    """Write a file as `write_with` does; the part file is `.NAME.part` by default, and `mode` is before the umask."""
    write_with(
        path, lambda draft: write_part(draft, [content], mode), part=part or part_of(path), sync_parent=sync_parent
    )


def write_with(
    path: Path, write: Callable[[Path], object], *, part: Path | None = None, sync_parent: bool = False
) -> None:
    """Let a function write a file beside its place, and rename it when it is on the disk.

    What was at `path` stays until then; its folder must exist. `write` gets the path of the part file in that folder:
    `part`, or `.STEM.part.SUFFIX`. With `sync_parent`, also wait until the name is on the disk, so that the file is
    there after a power cut.

    Raises:
        OSError: The disk does not take it; `filename` is `path`. Nothing of the new content is left.
    """
    draft = part or path.with_name(f".{path.stem}.part{path.suffix}")
    with naming_file(path):
        try:
            write(draft)
            sync_file(draft)
            draft.replace(path)
        except BaseException:
            remove_part(draft)
            raise
        if sync_parent:
            sync_folder(path.parent)


def part_of(path: Path) -> Path:
    """Return where a file is written before it is renamed to `path`: hidden, in the same folder."""
    return path.with_name(f".{path.name}.part")


def write_part(part: Path, pieces: Iterable[bytes], mode: int = DEFAULT_FILE_MODE) -> None:
    """Write a part file, without waiting for the disk."""
    fd = open_regular(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "wb") as file:
        file.writelines(pieces)


def remove_part(part: Path) -> None:
    """Remove a part file if there is one; a folder that has its name is not ours and stays."""
    with contextlib.suppress(IsADirectoryError):
        part.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk: what was made, renamed or deleted there stays so."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def sync_tree(folder: Path) -> None:
    """Wait until a folder and everything below it are on the disk."""
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_folder(path)
        else:
            sync_file(path)
    sync_folder(folder)


def _sync(path: Path, flags: int) -> None:
    fd = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
