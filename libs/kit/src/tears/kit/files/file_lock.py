"""Let one process at a time use a folder or a file, with an advisory lock (flock)."""

import fcntl
import os
from pathlib import Path
from typing import Self

from tears.kit.files.regular import open_regular


class FileLock:
    """Holds a lock file from its construction until `close()`, the end of a `with` block, or the end of the process.

    The file itself stays: to delete it would let two processes hold two files of the same name.
    """

    def __init__(self, path: Path, mode: int = 0o644) -> None:
        """Take the lock, without waiting; make the file, with `mode` before the umask, if it does not exist.

        Raises:
            BlockingIOError: Another process (or another FileLock of this one) holds it.
            OSError: The file cannot be opened or locked, or is none; its folder must exist.
        """
        self.path = path
        self._fd = open_regular(path, os.O_RDWR | os.O_CREAT, mode)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._fd)
            raise

    def is_in_place(self) -> bool:
        """Return whether the file that is held is still the one at its path.

        It is not if the folder was made again, or another disk was mounted there. Raises OSError if the file cannot be
        looked at: FileNotFoundError if it is gone.
        """
        found, held = self.path.stat(), os.fstat(self._fd)
        return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)

    def close(self) -> None:
        """Give the lock up. Call it once."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
