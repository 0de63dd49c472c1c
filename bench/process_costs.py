"""Measure the CPU time and memory of processes of this machine, from /proc."""

import os
from pathlib import Path


def with_descendants(pid: int) -> list[int]:
    """Return a process and all that it has started, directly or not."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += with_descendants(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process and its descendants have used."""
    ticks = 0
    for member in with_descendants(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def pss_mib(pid: int) -> float:
    """Return the proportional set size: a page that three processes share counts a third for each."""
    return int(Path(f"/proc/{pid}/smaps_rollup").read_text().partition("\nPss:")[2].split()[0]) / 1024
