"""The C library's memory, kept small: the models live in it."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8

# The buffers of one window in flight, and of the next.
_KEPT_BYTES: Final = 3 * 1024 * 1024
_HEAP_BYTES: Final = 32 * 1024 * 1024  # the most that glibc takes
# A request above this leaves more behind than it takes time to give back: it is read in pieces all over the heap.
_HUGE_BYTES: Final = 4 * 1024 * 1024


def use_one_heap() -> None:
    """Has all threads share one heap; call it before there are any.

    glibc gives each thread a heap of its own, and each keeps what was once used in it: 5 MiB here. Other C libraries
    have no such thing, and nothing is done there.
    """
    _call("mallopt", _M_ARENA_MAX, 1)


def keep_what_is_used_again() -> None:
    """Has a few MiB of free memory stay with the process, and large buffers come from there.

    glibc maps a buffer of a window's size anew for each request and unmaps it after that, and the system clears every
    page of it: 250 page faults a request, a quarter of what it costs beside the model.
    """
    _call("mallopt", _M_MMAP_THRESHOLD, _HEAP_BYTES)
    _call("mallopt", _M_TRIM_THRESHOLD, _KEPT_BYTES)


def give_back() -> None:
    """Returns what is free to the system: after a large model the heap has holes, which glibc keeps.

    What lies about in cycles, after imports and loading, goes first: a MiB.
    """
    gc.collect()
    _call("malloc_trim", 0)


def tidy_up_after(request_bytes: int) -> None:
    """As `give_back`, where a request that took so much was a huge one."""
    if request_bytes > _HUGE_BYTES:
        give_back()


def _call(name: str, *arguments: int) -> None:
    try:
        function = getattr(ctypes.CDLL(None), name)
    except AttributeError:
        return
    function(*arguments)
