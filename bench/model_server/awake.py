"""Keep cores awake: a core that has slept is slow for a while, and that is not a cost of the program it wakes up for.

A core without work stops within microseconds, and its caches may be emptied or used by others. A program that runs on
it some milliseconds later takes a fifth more CPU than in a loop: 0.6 ms more for the same invoke(). A server that gets
a request now and then would pay for that, and a bare interpreter in a loop would not.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

# SCHED_IDLE: it gets the core only while no other program wants it.
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
    """Keep these cores busy with an empty loop until the end of the block."""
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
