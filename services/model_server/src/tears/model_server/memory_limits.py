"""How much memory requests may take, by how much the machine or the container has."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024

# The limit of a container, in the two versions of Linux's control groups. A word instead of a number is no limit.
_CONTAINER_LIMIT_FILES: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


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
    """Return the memory of the machine, or of the container where that is less."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _CONTAINER_LIMIT_FILES:
        try:
            found.append(int(path.read_text()))
        except (OSError, ValueError):
            continue
    return min(found)
