"""Writing to a disk that may be full, pulled out, or without power at any moment."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from tears.journal.recordings.file_names import PART_SUFFIX

# For the owner and the group: it is the sound of somebody's home.
FILE_MODE, FOLDER_MODE = 0o640, 0o750

_CURES = {
    errno.ENOSPC: "free space there, or keep less with --keep-gib or --keep-days (--leave-gib stays free)",
    errno.EDQUOT: "free space there, or keep less with --keep-gib or --keep-days",
    errno.EFBIG: "raise the limit on the size of a file (ulimit -f), or lower --seconds",
    errno.EROFS: "remount it; an SD card that wears out turns read-only",
    errno.EACCES: "let this user write there, or give another --out",
    errno.EPERM: "let this user write there, or give another --out",
    errno.ENOENT: "is its disk still mounted? If you deleted it, start tears record anew",
    errno.EIO: "the disk fails: replace it",
}


def cure(error: OSError) -> str:
    """The reason, and what to do about it."""
    advice = _CURES.get(error.errno or 0)
    reason = error.strerror or str(error)
    return f"{reason}; {advice}" if advice else reason


def write_whole(path: Path, content: bytes) -> None:
    """The file is there whole, or it is not there, whenever the power goes. Raises OSError."""
    part = path.with_name(path.name + PART_SUFFIX)
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Makes what was made or renamed in a folder last. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
