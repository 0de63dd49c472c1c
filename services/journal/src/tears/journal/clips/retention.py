"""Decide which clips are deleted. No I/O."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePosixPath

from tears.kit.clock import wall_clock_fault

# A sweep deletes a little more than it must, so that not every new clip needs one.
_CLIP_SLACK = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipFile:
    """A clip in the folder.

    Attributes:
        clip_id: the id of its episode, near miss or mark.
        path: its FLAC file, below the folder of all clips.
        size_bytes: the size of that, and of what was made of it.
        written_at: the wall clock when it was written.
    """

    clip_id: str
    path: PurePosixPath
    is_near_miss: bool
    size_bytes: int
    written_at: float


@dataclass(frozen=True, kw_only=True)
class ClipLimits:
    """How much is kept: age and size of all clips, how many near misses, and what stays free on the disk."""

    keep_seconds: float | None = None
    keep_bytes: int | None = None
    near_misses: int = 100
    leave_bytes: int = 0


def clips_to_delete(
    files: Collection[ClipFile],
    limits: ClipLimits,
    wanted: AbstractSet[str],
    *,
    now: float | None,
    free_bytes: int,
    room_bytes: int = 0,
) -> list[ClipFile]:
    """Return the clips to delete, the oldest first, so that `room_bytes` more can be written within the limits.

    Args:
        files: all clips.
        limits: what is kept.
        wanted: the ids of the clips that a parent has labelled or starred; these always stay.
        now: the wall clock; None if it cannot be trusted: then nothing is deleted by age.
        free_bytes: how much the disk has free. For its sake clips are deleted only if that can help: a disk that
            something else has filled costs no clip.
        room_bytes: the size of a clip that is about to be written.
    """
    oldest_first = sorted(files, key=lambda file: (file.written_at, file.clip_id))
    givable = [file for file in oldest_first if file.clip_id not in wanted]
    near_misses_beyond = sum(file.is_near_miss for file in givable) - limits.near_misses
    kept_bytes = sum(file.size_bytes for file in oldest_first) + room_bytes
    most_bytes = float("inf")
    if limits.keep_bytes is not None and kept_bytes > limits.keep_bytes:
        most_bytes = limits.keep_bytes * (1 - _CLIP_SLACK)
    # A clip that was written while the clock was wrong has an age that nobody knows.
    written_before = float("-inf")
    if limits.keep_seconds is not None and now is not None and not wall_clock_fault(now):
        written_before = now - limits.keep_seconds
    doomed: dict[str, ClipFile] = {}
    for file in givable:
        is_old = file.written_at < written_before and not wall_clock_fault(file.written_at)
        is_beyond = file.is_near_miss and near_misses_beyond > 0
        if is_old or is_beyond or kept_bytes > most_bytes:
            doomed[file.clip_id] = file
            kept_bytes -= file.size_bytes
            near_misses_beyond -= file.is_near_miss
    lacking_bytes = limits.leave_bytes + room_bytes - free_bytes
    if lacking_bytes <= sum(file.size_bytes for file in givable):
        freed_bytes = sum(file.size_bytes for file in doomed.values())
        for file in givable:
            if freed_bytes < lacking_bytes and file.clip_id not in doomed:
                doomed[file.clip_id] = file
                freed_bytes += file.size_bytes
    return sorted(doomed.values(), key=lambda file: (file.written_at, file.clip_id))
