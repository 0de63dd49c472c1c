"""The folder of the recordings: holds whole files only, and stays within its limits."""

import contextlib
import errno
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Self

from tears.journal.errors import FolderError, FolderTakenError
from tears.journal.recordings.file_names import PART_SUFFIX, parse_recorded_path, recorded_path
from tears.journal.recordings.flac import encode_flac, is_recorded_by_us
from tears.journal.recordings.retention import ClockWatch, KeptFile, RetentionLimits, expired, restamped
from tears.journal.recordings.segments import RecordedSegment
from tears.kit.clock import Clock
from tears.kit.files import PRIVATE_FILE_MODE, FileLock, reason_and_cure, sync_folder, write_whole

LOCK_NAME = ".tears-record.lock"
# Only for the owner, because recordings of a home are private.
_FOLDER_MODE = 0o700
# A process that is stopping still writes what it has in memory.
_LOCK_WAIT_SECONDS = 5.0
_LOCK_POLL_SECONDS = 0.1

_RECORDING_CURES = MappingProxyType(
    {
        errno.ENOSPC: "free space there, or keep less with TEARS_JOURNAL_KEEP_GIB or TEARS_JOURNAL_KEEP_DAYS "
        "(TEARS_JOURNAL_LEAVE_GIB stays free)",
        errno.EDQUOT: "free space there, or keep less with TEARS_JOURNAL_KEEP_GIB or TEARS_JOURNAL_KEEP_DAYS",
        errno.EFBIG: "raise the limit on the size of a file (ulimit -f), or lower TEARS_JOURNAL_SEGMENT_SECONDS",
        errno.EROFS: "remount it; an SD card that wears out turns read-only",
        errno.EACCES: "let this user write there, or set TEARS_JOURNAL_FOLDER to another folder",
        errno.EPERM: "let this user write there, or set TEARS_JOURNAL_FOLDER to another folder",
        errno.ENOENT: "is its disk still mounted? If you deleted the folder, start the recording again",
    }
)


def disk_refusal(error: OSError) -> str:
    """Return why the disk refuses, and what to do about it."""
    return reason_and_cure(error, _RECORDING_CURES)


@dataclass(frozen=True)
class StoredRecordings:
    """The recordings that earlier processes have left; `RecordingFolder.size_bytes` is their size.

    Attributes:
        reached: By microphone and session label, the end sample of what is stored.
        files: How many there are.
        parts_removed: Half-written files that were removed.
    """

    reached: dict[str, dict[str, int]]
    files: int
    parts_removed: int


class RecordingFolder:
    """A context manager that locks the folder for this process. All its methods block on the disk."""

    def __init__(self, path: Path, limits: RetentionLimits, leave_bytes: int, clock: Clock) -> None:
        """Touch nothing yet; the disk counts as full when a file would leave less than `leave_bytes` free."""
        self.path = path
        self.size_bytes = 0
        self._limits = limits
        self._leave_bytes = leave_bytes
        self._clock = clock
        self._watch = ClockWatch(clock)
        self._began_at_seconds = clock.wall_seconds()
        self._lock: FileLock | None = None
        # Files with a name like ours but without our mark: never deleted, never counted.
        self._foreign: set[PurePosixPath] = set()

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            sync_folder(self.path.parent)
            self._take_lock(_LOCK_WAIT_SECONDS)
        except OSError as error:
            raise FolderError(f"cannot record into {self.path}: {disk_refusal(error)}") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()

    def take_stock(self) -> StoredRecordings:
        """Return what is there, and remove half-written files of earlier processes. Call it once, before the rest.

        Raises FolderError if the folder cannot be read.
        """
        reached: dict[str, dict[str, int]] = {}
        files, parts_removed = 0, 0
        self.size_bytes = 0
        try:
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
                self.size_bytes += (self.path / path).stat(follow_symlinks=False).st_size
        except OSError as error:
            raise FolderError(f"cannot read {self.path}: {disk_refusal(error)}") from error
        return StoredRecordings(reached, files, parts_removed)

    def write(self, segment: RecordedSegment) -> tuple[int, int]:
        """Store a segment so that it survives a power cut from here on, or nothing of it.

        Returns:
            The size of its file in bytes, and how many files were deleted to make room for it.

        Raises:
            OSError: The disk does not take it; ENOSPC also if less than `leave_bytes` would stay free.
            FolderTakenError: The disk was mounted again, and another process has locked it.
        """
        self._require_lock()
        content = encode_flac(segment)
        deleted_files = 0
        if self._limits.keep_bytes is not None and self.size_bytes + len(content) > self._limits.keep_bytes:
            deleted_files = self.sweep(len(content))
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
        target = self.path / path
        part = target.with_name(target.name + PART_SUFFIX)
        write_whole(target, content, mode=PRIVATE_FILE_MODE, part=part, sync_parent=True)
        self.size_bytes += len(content)
        return len(content), deleted_files

    def sweep(self, room_bytes: int = 0) -> int:
        """Delete what is beyond the limits once `room_bytes` more are written; return how many files were deleted.

        The oldest files go first. By age, nothing goes while the clock cannot be trusted. Raises OSError as the disk
        does.
        """
        if self._limits == RetentionLimits():
            return 0
        files = [file for file in self._recorded_files() if file.path not in self._foreign]
        step_seconds = self._watch.step_seconds()
        if step_seconds:
            files = self._restamp(files, step_seconds)
        now_seconds = self._clock.wall_seconds() if self._watch.is_steady else None
        while True:
            doomed = expired(files, self._limits, now_seconds, room_bytes=room_bytes)
            foreign = {file.path for file in doomed if not is_recorded_by_us(self.path / file.path)}
            if not foreign:
                break
            self._foreign |= foreign
            files = [file for file in files if file.path not in foreign]
        for file in doomed:
            (self.path / file.path).unlink(missing_ok=True)
            # The folder of a day is removed with its last file; usually there are others.
            with contextlib.suppress(OSError):
                (self.path / file.path.parent).rmdir()
        self.size_bytes = sum(file.size_bytes for file in files) - sum(file.size_bytes for file in doomed)
        return len(doomed)

    def _recorded_files(self) -> Iterator[KeptFile]:
        for path in self._paths():
            if parse_recorded_path(path) is None:
                continue
            # Others may move files away at any time.
            with contextlib.suppress(FileNotFoundError):
                status = (self.path / path).stat(follow_symlinks=False)
                yield KeptFile(path, status.st_size, status.st_mtime)

    def _paths(self) -> Iterator[PurePosixPath]:
        """Yield the regular files two folders down; links are not followed."""
        for mic in _subfolders(self.path):
            for day in _subfolders(self.path / mic):
                with os.scandir(self.path / mic / day) as entries:
                    for entry in entries:
                        if entry.is_file(follow_symlinks=False):
                            yield PurePosixPath(mic, day, entry.name)

    def _restamp(self, files: list[KeptFile], step_seconds: float) -> list[KeptFile]:
        """Correct the dates of files that were written while the clock was wrong."""
        until_seconds = self._clock.wall_seconds() - step_seconds
        for file in restamped(files, self._began_at_seconds, until_seconds):
            seconds = file.written_at_seconds + step_seconds
            with contextlib.suppress(FileNotFoundError):
                os.utime(self.path / file.path, (seconds, seconds), follow_symlinks=False)
        self._began_at_seconds += step_seconds
        return list(self._recorded_files())

    def _make_folders(self, folder: PurePosixPath) -> None:
        for part in (*reversed(folder.parents[:-1]), folder):
            try:
                (self.path / part).mkdir(mode=_FOLDER_MODE)
            except FileExistsError:
                continue
            sync_folder((self.path / part).parent)

    def _take_lock(self, wait_seconds: float) -> None:
        until_seconds = self._clock.monotonic_seconds() + wait_seconds
        while True:
            try:
                lock = FileLock(self.path / LOCK_NAME, PRIVATE_FILE_MODE)
                break
            except BlockingIOError as error:
                if self._clock.monotonic_seconds() >= until_seconds:
                    raise FolderTakenError(
                        f"another process records into {self.path}; stop that one, or set TEARS_JOURNAL_FOLDER to "
                        "another folder"
                    ) from error
                self._clock.wait(threading.Event(), _LOCK_POLL_SECONDS)
        if self._lock is not None:
            self._lock.close()
        self._lock = lock

    def _require_lock(self) -> None:
        """Make sure that nothing is written where a disk that was pulled out used to be mounted."""
        try:
            is_held = self._lock is not None and self._lock.is_in_place()
        except FileNotFoundError as error:
            raise FileNotFoundError(errno.ENOENT, "it is gone") from error
        if not is_held:
            self._take_lock(0.0)


def _subfolders(path: Path) -> list[str]:
    with os.scandir(path) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
