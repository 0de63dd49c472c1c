"""Notes about versions that are being loaded, which outlive the process: a version may end it.

A model that is too large for the container, or that a library cannot bear, ends the server while it is loaded, and it
would do so again after every restart, though an older version works.
"""

import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any, Final

logger = logging.getLogger(__name__)

_FOLDER_NAME: Final = "tears-model-server-{user}"


class LoadJournal:
    """A file for each version that is being loaded. If its process is gone, the version has ended it. Thread-safe."""

    def __init__(self, folder: Path | None = None) -> None:
        """Keep the notes in a folder of this user's own; in the one for temporary files if none is given.

        A folder that cannot be written is reported once, and nothing is noted.
        """
        self._folder = folder or _temporary_folder() / _FOLDER_NAME.format(user=os.getuid())
        self._begun: set[Path] = set()
        self._is_reported = False

    def begin(self, version: Path, files: object) -> None:
        """Note that a version with this fingerprint of its files is about to be loaded."""
        crashes = self.crashes(version, files)
        note = {"files": _digest(files), "crashes": crashes, "pid": os.getpid(), "started": _started(os.getpid())}
        path = self._path(version)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if self._folder.stat().st_uid != os.getuid():
                raise PermissionError(0, "it belongs to another user")
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(note))
            draft.replace(path)
        except OSError as error:
            if not self._is_reported:
                logger.info("%s: a version that ends the server is not remembered: %s", self._folder, error.strerror)
            self._is_reported = True
            return
        self._begun.add(path)

    def end(self, version: Path) -> None:
        """Note that loading has ended, with or without success."""
        self._remove(self._path(version))

    def close(self) -> None:
        """Forget the loads that are under way: the process is about to end, and no version is to blame."""
        for path in list(self._begun):
            self._remove(path)

    def crashes(self, version: Path, files: object) -> int:
        """Return how many processes in a row have ended while they loaded this version with these files."""
        try:
            note = json.loads(self._path(version).read_text())
            if note["files"] != _digest(files):
                return 0
            return int(note["crashes"]) + (not _is_running(note))
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _path(self, version: Path) -> Path:
        return self._folder / f"{hashlib.sha256(str(version).encode()).hexdigest()[:24]}.json"

    def _remove(self, path: Path) -> None:
        self._begun.discard(path)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            logger.info("%s cannot be removed: %s", path, error.strerror)


def _temporary_folder() -> Path:
    """Return the folder for temporary files; in a container where nothing can be written, one that cannot be either."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        return Path("/tmp")  # noqa: S108 (nothing can be written there now, and what is later is in a folder of our own)


def _digest(files: object) -> str:
    """Return a short form of a fingerprint, which may have thousands of files."""
    parts = sorted(files) if isinstance(files, frozenset) else [files]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _is_running(note: dict[str, Any]) -> bool:
    """Return whether the process that wrote a note still runs; in a container a new one may have its number."""
    return bool(note["started"]) and _started(int(note["pid"])) == note["started"]


def _started(pid: int) -> str:
    """Return when a process began, in the kernel's own unit; empty if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
