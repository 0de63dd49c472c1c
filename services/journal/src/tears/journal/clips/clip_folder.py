"""The folder of the clips: `<room>/<day>/<id>.flac`, or `<id>.near.flac` for a near miss.

Beside a clip lie its picture (`<id>.png`) and its MP3 (`<id>.mp3`) once somebody has asked for them.
"""

import contextlib
import errno
import hashlib
import os
import re
import shutil
import threading
import time
from collections.abc import Set as AbstractSet
from pathlib import Path, PurePosixPath

from tears.journal.clips.cutting.clip_plan import ClipOf
from tears.journal.clips.cutting.clip_writer import CLIP_PART_SUFFIX, ClipWriter
from tears.journal.clips.cutting.open_clip import ClipStart
from tears.journal.clips.cutting.torn_clip import TORN_SUFFIX, mend_clip
from tears.journal.clips.retention import ClipFile, ClipLimits, clips_to_delete
from tears.journal.database.storage_faults import StorageFault
from tears.journal.recordings.retention import ClockWatch
from tears.kit.clock import Clock
from tears.kit.files import PRIVATE_FILE_MODE, sync_folder, write_whole
from tears.kit.registry.mic_names import is_folder_name

_CLIP_FOLDER_MODE = 0o700
_CLIP_SUFFIX, _NEAR_MISS_SUFFIX = ".flac", ".near.flac"
# What is made of a clip lies beside it, and goes with it.
RENDERING_SUFFIXES = (".png", ".mp3")
# Stretches that somebody has listened to lately: players ask for a file in several pieces.
_STRETCHES = ".listened"
_MOST_STRETCHES = 4
_CLIP_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def is_clip_id(text: str) -> bool:
    """Return whether a file can have this id for its name; ids of episodes come from the network."""
    return _CLIP_ID.match(text) is not None


class ClipFolder:
    """What lies in the folder, by id. Thread-safe. What is said to raise OSError does so as the disk does.

    Ids are looked up among the files that are there. So an id that comes from outside never becomes part of a path.

    Attributes:
        fault: why the last clip was not kept, in words for a parent. Those who write clips set it.
    """

    def __init__(self, path: Path, limits: ClipLimits, clock: Clock) -> None:
        """Touch nothing yet."""
        self.path = path
        self.fault = StorageFault.NONE
        self._limits = limits
        self._clock = clock
        self._watch = ClockWatch(clock)
        self._lock = threading.Lock()
        self._files: dict[str, ClipFile] = {}

    def take_stock(self) -> None:
        """Look at what is there. Raises OSError."""
        self.path.mkdir(mode=_CLIP_FOLDER_MODE, parents=True, exist_ok=True)
        found = [file for path in self.path.glob("*/*/*") if (file := self._look_at(path)) is not None]
        with self._lock:
            self._files = {file.clip_id: file for file in found}

    def tidy(self) -> int:
        """Remove what an earlier process has left half-written; return how many clips were made of it.

        While another process writes clips, nobody may call this. Raises OSError.
        """
        shutil.rmtree(self.path / _STRETCHES, ignore_errors=True)
        mended = 0
        for path in list(self.path.glob("*/*/*")):
            if path.name.endswith(_CLIP_SUFFIX + CLIP_PART_SUFFIX):
                mended += mend_clip(path)
            elif path.suffix in {CLIP_PART_SUFFIX, TORN_SUFFIX}:
                path.unlink(missing_ok=True)
        return mended

    def __len__(self) -> int:
        return len(self._files)

    @property
    def size_bytes(self) -> int:
        """The size of all clips, with what was made of them."""
        return sum(file.size_bytes for file in self.files())

    def files(self) -> list[ClipFile]:
        """Return all clips."""
        with self._lock:
            return list(self._files.values())

    def find(self, clip_id: str) -> Path | None:
        """Return the FLAC file of a clip; None if there is none, or none any more."""
        with self._lock:
            file = self._files.get(clip_id)
        if file is None:
            return None
        path = self.path / file.path
        if path.is_file():
            return path
        with self._lock:
            self._files.pop(clip_id, None)
        return None

    def rendering(self, clip_id: str, suffix: str) -> Path | None:
        """Return what was made of a clip and kept; None if there is nothing yet."""
        clip = self.find(clip_id)
        made = None if clip is None else clip.with_name(clip_id + suffix)
        return made if made is not None and made.is_file() else None

    def keep_rendering(self, clip_id: str, suffix: str, content: bytes) -> Path | bytes:
        """Keep what was made of a clip, and return its file; the content if the clip is gone. Raises OSError."""
        clip = self.find(clip_id)
        if clip is None:
            return content
        self.require_space()
        made = clip.with_name(clip_id + suffix)
        write_whole(made, content, mode=PRIVATE_FILE_MODE, part=made.with_name(made.name + CLIP_PART_SUFFIX))
        self._note(clip)
        return made

    def make_writer(self, start: ClipStart) -> ClipWriter:
        """Begin the file of a clip, whose id `is_clip_id` has accepted. Raises OSError."""
        plan = start.plan
        room = plan.mic if is_folder_name(plan.mic) else hashlib.sha256(plan.mic.encode()).hexdigest()[:32]
        folder = self.path
        for name in (room, _day_of(start.from_at)):
            folder /= name
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=_CLIP_FOLDER_MODE)
                sync_folder(folder.parent)
        suffix = _NEAR_MISS_SUFFIX if plan.clip_of is ClipOf.NEAR_MISS else _CLIP_SUFFIX
        return _writer(folder / (plan.clip_id + suffix), start)

    def stretch_path(self, mic: str, from_at: float, to_at: float) -> Path:
        """Return where a stretch lies that somebody has listened to lately, if it is still there."""
        key = f"{mic} {from_at!r} {to_at!r}".encode(errors="surrogateescape")
        return self.path / _STRETCHES / f"{hashlib.sha256(key).hexdigest()[:32]}.mp3"

    def make_stretch_writer(self, start: ClipStart) -> ClipWriter:
        """Begin the file of a stretch that is not kept. Raises OSError."""
        folder = self.path / _STRETCHES
        folder.mkdir(mode=_CLIP_FOLDER_MODE, exist_ok=True)
        return _writer(folder / f"{start.plan.clip_id}{_CLIP_SUFFIX}", start)

    def keep_stretch(self, path: Path, sound: Path, content: bytes) -> Path:
        """Write the MP3 of a stretch in place of its sound, and delete all but the newest. Raises OSError."""
        write_whole(path, content, mode=PRIVATE_FILE_MODE, part=path.with_name(path.name + CLIP_PART_SUFFIX))
        sound.unlink(missing_ok=True)
        newest_first = sorted(path.parent.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for old in newest_first[_MOST_STRETCHES:]:
            old.unlink(missing_ok=True)
        return path

    def added(self, clip_id: str, path: Path) -> None:
        """Note that a clip was written; what was made of it before goes. Raises OSError."""
        _remove_renderings(path, clip_id)
        self._note(path)

    def delete(self, clip_id: str) -> bool:
        """Delete a clip and its picture; return whether there was one. Raises OSError."""
        with self._lock:
            file = self._files.pop(clip_id, None)
        if file is None:
            return False
        path = self.path / file.path
        path.unlink(missing_ok=True)
        _remove_renderings(path, clip_id)
        # The folder of a day goes with its last clip; usually there are others.
        with contextlib.suppress(OSError):
            path.parent.rmdir()
        return True

    def has_space(self) -> bool:
        """Return whether the disk has as much free as it is to keep; False if it cannot be looked at."""
        try:
            self.require_space()
        except OSError:
            return False
        return True

    def require_space(self) -> None:
        """Raise OSError (ENOSPC) if the disk has less free than it is to keep."""
        if self._free_bytes() < self._limits.leave_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def sweep(self, wanted: AbstractSet[str], room_bytes: int = 0) -> list[ClipFile]:
        """Delete what is beyond the limits, with room for `room_bytes` more; return what was deleted. Raises OSError.

        The clips in `wanted` stay.

        By age, nothing is deleted for ten minutes after the clock was set.
        """
        self._watch.step_seconds()
        doomed = clips_to_delete(
            self.files(),
            self._limits,
            wanted,
            now=self._clock.wall_seconds() if self._watch.is_steady else None,
            free_bytes=self._free_bytes(),
            room_bytes=room_bytes,
        )
        return [file for file in doomed if self.delete(file.clip_id)]

    def _free_bytes(self) -> int:
        # Somebody may have deleted it.
        self.path.mkdir(mode=_CLIP_FOLDER_MODE, parents=True, exist_ok=True)
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def _note(self, path: Path) -> None:
        if file := self._look_at(path):
            with self._lock:
                self._files[file.clip_id] = file

    def _look_at(self, path: Path) -> ClipFile | None:
        """Return the facts of a clip; None if the file is none, or is gone."""
        is_near_miss = path.name.endswith(_NEAR_MISS_SUFFIX)
        clip_id = path.name.removesuffix(_NEAR_MISS_SUFFIX if is_near_miss else _CLIP_SUFFIX)
        if path.suffix != _CLIP_SUFFIX or not is_clip_id(clip_id) or path.is_symlink():
            return None
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
        size_bytes = status.st_size
        for suffix in RENDERING_SUFFIXES:
            with contextlib.suppress(FileNotFoundError):
                size_bytes += path.with_name(clip_id + suffix).stat().st_size
        return ClipFile(
            clip_id=clip_id,
            path=PurePosixPath(path.relative_to(self.path)),
            is_near_miss=is_near_miss,
            size_bytes=size_bytes,
            written_at=status.st_mtime,
        )


def _remove_renderings(clip: Path, clip_id: str) -> None:
    for suffix in RENDERING_SUFFIXES:
        clip.with_name(clip_id + suffix).unlink(missing_ok=True)


def _writer(path: Path, start: ClipStart) -> ClipWriter:
    return ClipWriter(path, start.rate_hz, start.channels, from_at=start.from_at, comment=start.comment)


def _day_of(at: float) -> str:
    """Return the day of a time in the house's time zone; 1970 if a clock was so wrong that there is no such day."""
    try:
        return time.strftime("%Y-%m-%d", time.localtime(at))
    except (OverflowError, ValueError, OSError):
        return "1970-01-01"
