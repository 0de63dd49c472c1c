"""Keep native libraries from writing to stderr while they are loaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


@contextmanager
def native_silence() -> Iterator[None]:
    """Redirect the descriptor of stderr to /dev/null: TensorFlow writes there before its settings take effect.

    An exception that Python raises in the block is printed as usual, after the block has ended.
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
