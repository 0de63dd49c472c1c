"""Cores that do not sleep: a core that has slept is slower for a while, which is no cost of whoever it woke up for.

A core without work stops within microseconds, and its caches may be emptied or lent to others. What runs on it next,
after some milliseconds, takes a fifth more CPU than in a loop: the same invoke(), 0.6 ms more of it. A server that is
asked now and then would be charged for that, and a bare interpreter in a loop would not.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

# SCHED_IDLE: it has the core only while nobody else wants it.
_SPIN: Final = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
print("awake", flush=True)
while True:
    pass
"""


@contextmanager
def awake(cores: Sequence[int]) -> Iterator[None]:
    """Keeps these cores busy with nothing until the end of the block."""
    spinners = [
        subprocess.Popen([sys.executable, "-c", _SPIN, str(core)], stdout=subprocess.PIPE, text=True) for core in cores
    ]
    try:
        for spinner in spinners:
            if not spinner.stdout or spinner.stdout.readline() != "awake\n":
                raise SystemExit("a core cannot be kept awake: no SCHED_IDLE here")
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.communicate()
