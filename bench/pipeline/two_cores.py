"""Measure on two cores, as a small machine has them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_CORES = 2


@contextmanager
def two_cores() -> Iterator[None]:
    """Let this process and those that it starts use two cores only during the block."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:_CORES])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
