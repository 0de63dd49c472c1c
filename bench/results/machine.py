"""Describe this machine: what the figures depend on, and nothing that names its owner or its place."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# With more than this, other programs took a part of the cores, and delays and rooms say little.
QUIET_LOAD = 0.5


@dataclass(frozen=True)
class Machine:
    """The processor, its cores, the memory in MiB, the system, Python, and the load before the benchmark."""

    processor: str
    cores: int
    memory_mib: int
    system: str
    python: str
    load: float

    @classmethod
    def here(cls) -> Self:
        """Return a description of this machine."""
        pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        return cls(
            processor=processor_of(Path("/proc/cpuinfo").read_text(), Path("/proc/device-tree/model")),
            cores=len(os.sched_getaffinity(0)),
            memory_mib=pages * page_bytes // 2**20,
            system=_system(platform.freedesktop_os_release()),
            python=platform.python_version(),
            load=os.getloadavg()[0],
        )

    @property
    def is_quiet(self) -> bool:
        """Return whether other programs left it alone."""
        return self.load <= QUIET_LOAD

    def words(self) -> str:
        """Return one sentence."""
        sentence = (
            f"{self.processor}, {self.cores} cores, {self.memory_mib} MiB of memory, {self.system}, "
            f"Python {self.python}; load before the start: {self.load:.1f}."
        )
        if not self.is_quiet:
            sentence += (
                " Other programs were running: CPU times are somewhat too high, delays far too long, rooms too few."
            )
        return sentence


def processor_of(cpuinfo: str, board: Path) -> str:
    """Return the name of the processor, or of the board where the kernel does not name the processor."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return board.read_text().rstrip("\0") if board.exists() else platform.machine()


def _system(facts: Mapping[str, str]) -> str:
    return facts.get("PRETTY_NAME", platform.system())
