"""The memory that requests may take, by how much the machine or the container has."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024

_CONTROL_GROUPS: Final = Path("/sys/fs/cgroup")
# The limit of a container or a service, in the two versions of Linux's control groups.
_LIMIT_FILES: Final = ("memory.max", "memory/memory.limit_in_bytes")


@dataclass(frozen=True, slots=True)
class MemoryLimits:
    """The bounds, in bytes; together they leave room for the interpreter, the libraries and the models.

    Attributes:
        in_flight_bytes: For all requests that are worked on.
        receiving_bytes: For all gRPC messages that are still arriving.
        bodies_bytes: For all HTTP bodies that are still arriving.
        message_bytes: For one gRPC message, if no model says how large its inputs are.
    """

    in_flight_bytes: int = 256 * MIB
    receiving_bytes: int = 128 * MIB
    bodies_bytes: int = 64 * MIB
    message_bytes: int = 64 * MIB


def limits_for(available_bytes: int) -> MemoryLimits:
    """Return the limits for a process that may have this much memory: a share of it, at most the usual ones."""
    usual = MemoryLimits()
    receiving_bytes = min(usual.receiving_bytes, available_bytes // 8)
    return MemoryLimits(
        in_flight_bytes=min(usual.in_flight_bytes, available_bytes // 4),
        receiving_bytes=receiving_bytes,
        bodies_bytes=min(usual.bodies_bytes, available_bytes // 8),
        message_bytes=min(usual.message_bytes, receiving_bytes),
    )


def available_memory_bytes() -> int:
    """Return the memory of the machine, or of the container or service where that is less."""
    machine_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        groups = Path("/proc/self/cgroup").read_text()
    except OSError:
        groups = ""
    return min([machine_bytes, *group_limits(_CONTROL_GROUPS, groups)])


def group_limits(root: Path, groups: str) -> list[int]:
    """Return the limits of memory, in bytes, of a process's control groups and of all that they are in.

    `groups` is the text of its `/proc/PID/cgroup`. In a container the root is the container's own group.
    """
    folders = {root}
    for line in groups.splitlines():
        inside = line.rpartition(":")[2].strip("/")
        if inside and ".." not in inside:
            folders |= {root / inside, *(root / parent for parent in Path(inside).parents)}
    found = []
    for path in (folder / name for folder in folders for name in _LIMIT_FILES):
        try:
            found.append(int(path.read_text()))
        except (
            OSError,
            ValueError,
        ):  # there is no such file, or a word instead of a number says that there is no limit
            continue
    return found
