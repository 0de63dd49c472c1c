"""The end of the pipe that a capturing process writes to."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """A recorder that was killed must not leave its device taken."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def write_frame(pipe: int, frame: bytes) -> None:
    """Writes all of it; blocks while the pipe is full.

    Raises:
        BrokenPipeError: nobody reads.
    """
    left = memoryview(frame)
    while left:
        left = left[os.write(pipe, left) :]
