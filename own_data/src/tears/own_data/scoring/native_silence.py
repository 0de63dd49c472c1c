"""Keeps native libraries from writing while they are loaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


@contextmanager
def native_silence() -> Iterator[None]:
    """Turns stderr away at the descriptor, where TensorFlow writes before its settings reach it.

    What Python raises meanwhile is told as ever, once the block has ended.
    """
    kept = os.dup(_STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)
