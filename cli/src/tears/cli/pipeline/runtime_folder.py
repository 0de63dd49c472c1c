"""The folder of one run, with its sockets and logs: where it is, and what to do when something deletes it.

systemd-tmpfiles deletes what is old in /tmp and /var/tmp, also below a service's private /tmp. It leaves alone what it
finds in /run, and a folder on which somebody holds a lock.
"""

import contextlib
import fcntl
import logging
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tears.cli.errors import StartError

logger = logging.getLogger(__name__)

FOLDER_PREFIX = "tears-run-"
# The path of a Unix socket has 107 bytes at most; this leaves 24 for its name and the random part of the folder's.
LONGEST_PARENT_BYTES = 107 - len(FOLDER_PREFIX) - 24
# A folder without a lock that is younger may belong to a run that has just begun, and is about to lock it.
_ABANDONED_AFTER_SECONDS = 60.0


class RuntimeFolder:
    """A folder of our own, locked until `close()`, which deletes it."""

    def __init__(self) -> None:
        """Make it in the folder that systemd gives a service, else in the user's runtime folder, else in /tmp.

        Folders of earlier runs that were killed are deleted.

        Raises:
            StartError: No folder can be made anywhere.
        """
        self.path = self._made_somewhere()
        self._lock_fd = _locked(self.path)

    def keep(self) -> bool:
        """Make the folder again, empty and at the same path, if it is gone; return False if that is impossible."""
        try:
            if _identity(self.path.stat()) == _identity(os.fstat(self._lock_fd)):
                return True
        except OSError:
            pass
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_again()
        except OSError:
            return False
        return True

    def move(self) -> None:
        """Take another folder in place of this one, which cannot be made again; raises as the constructor does."""
        self.path = self._made_somewhere()
        self._lock_again()

    def close(self) -> None:
        """Delete the folder with all that it holds."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock_fd)

    def _lock_again(self) -> None:
        before, self._lock_fd = self._lock_fd, _locked(self.path)
        os.close(before)

    def _made_somewhere(self) -> Path:
        refusals = []
        for parent in _parents():
            try:
                _delete_abandoned(parent)
                return Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=parent))
            except OSError as error:
                refusals.append(f"{parent}: {error.strerror}")
        raise StartError(
            f"no folder for sockets and logs can be made ({'; '.join(refusals)}); set XDG_RUNTIME_DIR or TMPDIR to a "
            f"folder that this user may write to, with a path of at most {LONGEST_PARENT_BYTES} bytes"
        )


class KeptSocket:
    """The socket of a process that cannot bind it again: it has a second, hidden name, from which it is restored."""

    def __init__(self, path: Path) -> None:
        """Do nothing yet; the process makes the socket at `path`."""
        self.path = path
        self._second = path.with_name(f".{path.name}")
        self._was_there = False

    def keep(self) -> bool:
        """Restore the socket if it was deleted; return False if both names are gone, so that its process must restart.

        Call it only while the process runs. Before the process has made its socket, there is nothing to keep.
        """
        try:
            if _is_socket(self.path):
                self._was_there = True
                if not _is_socket(self._second) or not self.path.samefile(self._second):
                    self._second.unlink(missing_ok=True)
                    os.link(self.path, self._second)
            elif _is_socket(self._second):
                os.link(self._second, self.path)
            else:
                return not self._was_there
        except OSError as error:
            logger.debug("%s cannot be kept: %s", self.path, error)
        return True

    def forget(self) -> None:
        """Let the socket go, because its process ends or has ended; a new one makes its own."""
        self._was_there = False
        with contextlib.suppress(OSError):
            self._second.unlink(missing_ok=True)


def _parents() -> Iterator[Path]:
    """Yield the folders in which ours may be, the best one first."""
    # systemd separates the folders of a unit with colons.
    chosen = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0], os.environ.get("XDG_RUNTIME_DIR", "")
    for name in dict.fromkeys((*chosen, tempfile.gettempdir(), "/tmp")):  # noqa: S108 - the folder in it is our own
        if name.startswith("/") and len(os.fsencode(name)) <= LONGEST_PARENT_BYTES:
            yield Path(name)


def _delete_abandoned(parent: Path) -> None:
    """Delete the folders of runs that were killed: nobody holds a lock on them."""
    for folder in parent.glob(f"{FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            is_old = time.time() - found.st_mtime > _ABANDONED_AFTER_SECONDS
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and is_old:
                fd = _locked(folder)
                shutil.rmtree(folder, ignore_errors=True)
                os.close(fd)


def _locked(folder: Path) -> int:
    """Open the folder and lock it; return the descriptor, which holds the lock.

    Raises:
        OSError: The folder is gone, or somebody else holds the lock.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return False
