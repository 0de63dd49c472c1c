"""Keep the heap small: settings of the C library's allocator, and memory and cycles that are no longer needed.

Where the C library is not glibc, functions that need it do nothing.
"""

import ctypes
import gc
from typing import Final

# From glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8

_KEPT_BYTES: Final = 8 * 1024 * 1024  # the buffers of four windows in flight
_LARGEST_HEAP_BUFFER_BYTES: Final = 32 * 1024 * 1024  # the most that glibc accepts


def share_one_heap() -> None:
    """Make all threads share one heap, which keeps a few MiB of free memory; call it before any thread starts.

    By default glibc gives each thread a heap of its own, and each of these keeps what was once used in it: 5 MiB in the
    model server. It also maps each buffer of a window's size and unmaps it afterwards, and the system clears every page
    of it: 250 page faults for a window in the model server, and 600 in the classifier, half of its time.
    """
    call_libc("mallopt", _M_ARENA_MAX, 1)
    call_libc("mallopt", _M_MMAP_THRESHOLD, _LARGEST_HEAP_BUFFER_BYTES)
    call_libc("mallopt", _M_TRIM_THRESHOLD, _KEPT_BYTES)


def shared_heap_variables() -> dict[str, str]:
    """Return the environment in which a program that is not ours does the same, if its heap is that of glibc."""
    return {
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": str(_LARGEST_HEAP_BUFFER_BYTES),
        "MALLOC_TRIM_THRESHOLD_": str(_KEPT_BYTES),
    }


def exclude_imports_from_collection() -> None:
    """Make the garbage collector skip all objects that exist now; call it after the imports.

    They are nine tenths of what a full collection looks through, which costs 12 ms, and none of them is ever freed.
    """
    gc.freeze()


def release_free_memory() -> None:
    """Collect garbage and return free memory to the system.

    glibc keeps the holes that a large model leaves in the heap. Cycles left by imports and loading take a MiB.
    """
    gc.collect()
    call_libc("malloc_trim", 0)


def call_libc(name: str, *arguments: object) -> None:
    """Call a function of the C library, if the library has it."""
    try:
        function = getattr(ctypes.CDLL(None), name)
    except AttributeError:
        return
    function(*arguments)
