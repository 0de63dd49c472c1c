"""Measure on two cores, as a small machine has them, or on one of them."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


def two_cores() -> AbstractContextManager[None]:
    """Let this process and those that it starts use two cores only during the block."""
    return _first_cores(2)


def one_core() -> AbstractContextManager[None]:
    """Let this process, and those that it starts during the block until they end, use one core only."""
    return _first_cores(1)


@contextmanager
def _first_cores(count: int) -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
