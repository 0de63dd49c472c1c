"""The files in which running pipelines name their Redis, so that other commands of the same user find it.

A pipeline holds the lock of its entry. The lock ends with the process, however that ends, so an entry that can be
locked is out of date.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tears.kit.files import FileLock
from tears.kit.files.user_folders import state_folder

_ENTRIES = "pipelines"
_SUFFIX = ".redis-url"


class Announcement:
    """The entry of a pipeline that runs, until `close()`."""

    def __init__(self, url: str) -> None:
        """Write the URL of its Redis, which may hold a password, into a file that only this user can read.

        Nothing is written if this user has no home, or if the disk does not take it: a pipeline that nobody finds still
        listens.
        """
        self._path: Path | None = None
        self._lock: FileLock | None = None
        state = state_folder()
        if state is None:
            return
        with contextlib.suppress(OSError):
            folder = state / _ENTRIES
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft, name = tempfile.mkstemp(dir=folder)
            with os.fdopen(draft, "w", encoding="utf-8") as file:
                file.write(url)
            # The entry appears with its lock, so that nobody takes it for one that is out of date.
            self._lock = FileLock(Path(name))
            self._path = Path(name).rename(Path(name).with_suffix(_SUFFIX))

    def close(self) -> None:
        """Remove the entry; may be called again."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
        self._path = self._lock = None


def running_redis_urls() -> list[str]:
    """Return the URL of each running pipeline's Redis, sorted; remove the entries of those that were killed."""
    state = state_folder()
    if state is not None:
        with contextlib.suppress(OSError):
            return sorted(set(_urls(state / _ENTRIES)))
    return []


def _urls(folder: Path) -> Iterator[str]:
    for path in folder.glob(f"*{_SUFFIX}"):
        try:
            with FileLock(path):
                path.unlink(missing_ok=True)
        except BlockingIOError:
            # It may end between the two looks.
            with contextlib.suppress(FileNotFoundError):
                yield path.read_text(encoding="utf-8")
