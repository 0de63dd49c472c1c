"""The output of a child process: kept in memory, and copied to a file for people to read."""

import fcntl
import os
from pathlib import Path

from tears.kit.files import PRIVATE_FILE_MODE, open_regular

LARGEST_FILE_BYTES = 4 * 1024 * 1024
LARGEST_IN_MEMORY_BYTES = 1024 * 1024


class ChildLog:
    """The output of one process.

    The process writes to memory. So it can always write, and we can always read, even if the file is deleted or its
    disk is full.
    """

    def __init__(self, path: Path) -> None:
        """Hold nothing yet; `path` is the file of the copy, to which `copy` appends."""
        self.path = path
        self._fd = os.memfd_create(path.name)
        # After `copy` has emptied the memory, the next line goes to its new end.
        fcntl.fcntl(self._fd, fcntl.F_SETFL, os.O_APPEND)
        self._copied_bytes = 0
        self._taken_bytes = 0

    def fileno(self) -> int:
        """Return the descriptor to which the process writes."""
        return self._fd

    def text(self) -> str:
        """Return what is in memory: everything, unless it was emptied because it had grown large."""
        return self._read(0).decode(errors="replace")

    def new_lines(self) -> str:
        """Return the complete lines that came since the last call."""
        new = self._read(self._taken_bytes)
        whole = new[: new.rfind(b"\n") + 1]
        self._taken_bytes += len(whole)
        return whole.decode(errors="replace")

    def copy(self) -> None:
        """Append to the file what is new, and make the file again if it was deleted.

        Nobody needs the file to listen, so a disk that refuses it is no error. A file of more than 4 MiB and a
        memory of more than 1 MiB are emptied, because a pipeline may run for months.
        """
        try:
            if self._copied_bytes and not self.path.exists():
                self._copied_bytes = 0
            if new := self._read(self._copied_bytes):
                self._append(new)
        except OSError:
            pass
        if os.fstat(self._fd).st_size > LARGEST_IN_MEMORY_BYTES:
            os.ftruncate(self._fd, 0)
            self._copied_bytes = self._taken_bytes = 0

    def close(self) -> None:
        """Free the memory, after a last copy."""
        self.copy()
        os.close(self._fd)

    def _append(self, content: bytes) -> None:
        fd = open_regular(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE_MODE)
        try:
            if os.fstat(fd).st_size > LARGEST_FILE_BYTES:
                os.ftruncate(fd, 0)
            self._copied_bytes += os.write(fd, content)
        finally:
            os.close(fd)

    def _read(self, begin: int) -> bytes:
        return os.pread(self._fd, max(os.fstat(self._fd).st_size - begin, 0), begin)
