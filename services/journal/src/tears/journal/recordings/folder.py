"""The folder that recordings are kept in: whole files or none, and no more than was asked for."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from tears.cli.errors import CliError, InputError
from tears.journal.recordings.disk import FILE_MODE, FOLDER_MODE, cure, sync_folder, write_whole
from tears.journal.recordings.file_names import PART_SUFFIX, parse_recorded_path, recorded_path
from tears.journal.recordings.flac import encode, is_recorded_by_us
from tears.journal.recordings.retention import ClockWatch, Limits, StoredFile, expired, restamped
from tears.journal.recordings.segments import Segment
from tears.kit.clock import Clock

LOCK_NAME = ".tears-record.lock"


class FolderTakenError(CliError):
    """Raised when another `tears record` writes into the folder."""


@dataclass(frozen=True)
class Found:
    """What earlier lives have left.

    Attributes:
        reached: mic -> label of a session -> end sample of what is stored of it.
        files: how many there are.
        size_bytes: all of them together.
        parts_removed: half-written files that are gone now.
    """

    reached: dict[str, dict[str, int]]
    files: int
    size_bytes: int
    parts_removed: int


@dataclass(frozen=True)
class Swept:
    """What was deleted."""

    files: int = 0
    size_bytes: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(self.files + other.files, self.size_bytes + other.size_bytes)


class RecordingFolder:
    """Use it as a context manager: inside it the folder is ours alone. All its methods block on the disk."""

    def __init__(self, path: Path, limits: Limits, leave_bytes: int, clock: Clock) -> None:
        """Touches nothing yet.

        Args:
            path: made if it is not there.
            limits: what is kept.
            leave_bytes: the disk is full when only so much is free on it.
            clock: whose wall time files are dated with.
        """
        self.path = path
        self._limits = limits
        self._leave_bytes = leave_bytes
        self._clock = clock
        self._watch = ClockWatch(clock)
        self._began_at_seconds = clock.wall_seconds()
        self._lock_fd = -1
        self._size_bytes = 0
        # Named like ours, but without our mark: never touched, never counted.
        self._foreign: set[PurePosixPath] = set()

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            sync_folder(self.path.parent)
            self._lock()
        except OSError as error:
            raise InputError(f"cannot record into {self.path}: {cure(error)}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock_fd)

    def take_stock(self) -> Found:
        """Looks at what is there, and removes what earlier lives have left half-written; call it once, first.

        Raises:
            OSError: the disk's.
        """
        reached: dict[str, dict[str, int]] = {}
        files, parts_removed = 0, 0
        self._size_bytes = 0
        for path in self._paths():
            whole = path.with_name(path.name.removesuffix(PART_SUFFIX))
            name = parse_recorded_path(whole)
            if name is None:
                continue
            if whole != path:
                (self.path / path).unlink()
                parts_removed += 1
                continue
            sessions = reached.setdefault(name.mic, {})
            sessions[name.session_label] = max(name.end_sample, sessions.get(name.session_label, 0))
            files += 1
            self._size_bytes += (self.path / path).stat(follow_symlinks=False).st_size
        return Found(reached, files, self._size_bytes, parts_removed)

    def write(self, segment: Segment) -> tuple[int, Swept]:
        """Stores a segment, so that it survives a power cut from here on; or nothing of it.

        Returns:
            The size of its file, and what was deleted to make room for it.

        Raises:
            OSError: the disk's; ENOSPC too where less than `leave_bytes` would be left.
        """
        self._require_ours()
        content = encode(segment)
        swept = Swept()
        if self._limits.keep_bytes is not None and self._size_bytes + len(content) > self._limits.keep_bytes:
            swept = self.sweep(len(content))
        disk = os.statvfs(self.path)
        if disk.f_bavail * disk.f_frsize < self._leave_bytes + len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        path = recorded_path(
            mic=segment.mic,
            session=segment.session,
            first_sample=segment.first_sample,
            end_sample=segment.end_sample,
            begins_at_seconds=segment.begins_at_seconds,
        )
        self._make_folders(path.parent)
        write_whole(self.path / path, content)
        self._size_bytes += len(content)
        return len(content), swept

    def sweep(self, room_bytes: int = 0) -> Swept:
        """Deletes what is not to be kept, oldest first; nothing by age while the clock cannot be trusted.

        Raises:
            OSError: the disk's.
        """
        if self._limits == Limits():
            return Swept()
        files = [file for file in self._stored() if file.path not in self._foreign]
        step_seconds = self._watch.step_seconds()
        if step_seconds:
            files = self._restamp(files, step_seconds)
        now_seconds = self._clock.wall_seconds() if self._watch.is_steady else None
        while True:
            going = expired(files, self._limits, now_seconds, room_bytes=room_bytes)
            foreign = {file.path for file in going if not self._is_ours(file.path)}
            if not foreign:
                break
            self._foreign |= foreign
            files = [file for file in files if file.path not in foreign]
        for file in going:
            (self.path / file.path).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                # Not empty, as a rule.
                (self.path / file.path.parent).rmdir()
        swept = Swept(len(going), sum(file.size_bytes for file in going))
        self._size_bytes = sum(file.size_bytes for file in files) - swept.size_bytes
        return swept

    def _stored(self) -> Iterator[StoredFile]:
        for path in self._paths():
            if parse_recorded_path(path) is None:
                continue
            # Others may move files away at any time.
            with contextlib.suppress(FileNotFoundError):
                status = (self.path / path).stat(follow_symlinks=False)
                yield StoredFile(path, status.st_size, status.st_mtime)

    def _paths(self) -> Iterator[PurePosixPath]:
        """The regular files two folders down; links are not followed."""
        for mic in _folders(self.path):
            for day in _folders(self.path / mic):
                with os.scandir(self.path / mic / day) as entries:
                    for entry in entries:
                        if entry.is_file(follow_symlinks=False):
                            yield PurePosixPath(mic, day, entry.name)

    def _is_ours(self, path: PurePosixPath) -> bool:
        try:
            return is_recorded_by_us(self.path / path)
        except OSError:
            # Moved away, or not to be read: whatever it is, it stays.
            return False

    def _restamp(self, files: list[StoredFile], step_seconds: float) -> list[StoredFile]:
        """Dates what was written by a wrong clock anew."""
        until_seconds = self._clock.wall_seconds() - step_seconds
        for file in restamped(files, self._began_at_seconds, until_seconds):
            seconds = file.written_at_seconds + step_seconds
            with contextlib.suppress(FileNotFoundError):
                os.utime(self.path / file.path, (seconds, seconds), follow_symlinks=False)
        self._began_at_seconds += step_seconds
        return list(self._stored())

    def _make_folders(self, folder: PurePosixPath) -> None:
        for part in (*reversed(folder.parents[:-1]), folder):
            try:
                (self.path / part).mkdir(mode=FOLDER_MODE)
            except FileExistsError:
                continue
            sync_folder((self.path / part).parent)

    def _lock(self) -> None:
        fd = os.open(self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(fd)
            raise FolderTakenError(
                f"another tears record writes into {self.path}; stop that one, or give this one another --out"
            ) from error
        except OSError:
            os.close(fd)
            raise
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
        self._lock_fd = fd

    def _require_ours(self) -> None:
        """Sees to it that nothing is written where a disk that was pulled out used to be mounted."""
        try:
            there = (self.path / LOCK_NAME).stat()
        except FileNotFoundError as error:
            raise FileNotFoundError(errno.ENOENT, "it is gone") from error
        held = os.fstat(self._lock_fd)
        if (there.st_dev, there.st_ino) != (held.st_dev, held.st_ino):
            self._lock()


def _folders(path: Path) -> list[str]:
    with os.scandir(path) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
