"""The C library's memory, kept small: the models live in it."""

from __future__ import annotations

import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8  # of glibc's malloc.h


def use_one_heap() -> None:
    """Has all threads share one heap; call it before there are any.

    glibc gives each thread a heap of its own, and each keeps what was once used in it: 5 MiB here. Other C libraries
    have no such thing, and nothing is done there.
    """
    _call("mallopt", _M_ARENA_MAX, 1)


def give_back() -> None:
    """Returns what is free to the system: after a large model the heap has holes, which glibc keeps."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    try:
        function = getattr(ctypes.CDLL(None), name)
    except AttributeError:
        return
    function(*arguments)
