"""Keep the process small: settings of the C library's allocator, and pages and cycles that are no longer needed.

Where the C library is not glibc, or the system not Linux, functions that need them do nothing.
"""

import ctypes
import gc
import re
import threading
from pathlib import Path
from typing import Final

# From glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8

# From the system's mman.h.
_MADV_DONTNEED: Final = 4

# The code of a library in smaps, if none of its pages was changed (Anonymous) or changed and then swapped out (Swap).
# A library is called (deleted) after an upgrade has replaced its file.
_UNCHANGED_CODE: Final = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) r-xp (?:\S+ +){3}\S.*\.so[.\d]*(?: \(deleted\))?\n"
    r"(?:[A-Z]\w*:.*\n)*?Anonymous: +0 kB\n(?:[A-Z]\w*:.*\n)*?Swap: +0 kB$",
    re.MULTILINE,
)

_KEPT_BYTES: Final = 8 * 1024 * 1024  # the buffers of four windows in flight
_LARGEST_HEAP_BUFFER_BYTES: Final = 32 * 1024 * 1024  # the most that glibc accepts
# Above this a request leaves more free memory behind than it costs to release it: gRPC reads it in pieces that lie all
# over the heap.
_LARGE_REQUEST_BYTES: Final = 4 * 1024 * 1024
_release_is_due: Final = threading.Event()


def set_up_allocator() -> None:
    """Make all threads share one heap, which keeps a few MiB of free memory; call it before any thread starts.

    By default glibc gives each thread a heap of its own, and each of these keeps what was once used in it: 5 MiB here.
    It also maps a buffer of a window's size for each request and unmaps it afterwards, and the system clears every page
    of it: 250 page faults a request, a quarter of what a request costs beside the model.
    """
    _call_libc("mallopt", _M_ARENA_MAX, 1)
    _call_libc("mallopt", _M_MMAP_THRESHOLD, _LARGEST_HEAP_BUFFER_BYTES)
    _call_libc("mallopt", _M_TRIM_THRESHOLD, _KEPT_BYTES)


def exclude_imports_from_collection() -> None:
    """Make the garbage collector skip all objects that exist now; call it after the imports.

    They are nine tenths of what a full collection looks through, which costs a request 12 ms, and none of them is ever
    freed.
    """
    gc.freeze()


def release_free_memory() -> None:
    """Collect garbage and return free memory to the system.

    glibc keeps the holes that a large model leaves in the heap. Cycles left by imports and loading take a MiB.
    """
    gc.collect()
    _call_libc("malloc_trim", 0)


def release_library_pages() -> None:
    """Remove the code of libraries from this process's memory: most of it ran once, at the start, or never runs.

    Only pages that are the same as in their files are removed. When one is needed again, it comes from the file, mostly
    from the system's cache without a read. The system would remove these pages too, but only when memory is short and
    other processes are already slowed down: 16 of 86 MiB with the cry model.
    """
    try:
        mapped = _unchanged_code(Path("/proc/self/smaps").read_text())
    except OSError:
        return
    for start, end in mapped:
        _call_libc("madvise", ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED)


def release_after_request(request_bytes: int) -> None:
    """Release free memory if the request was a large one.

    gRPC still holds the request's bytes at this moment, so `release_if_due` must run later to release those.
    """
    if request_bytes > _LARGE_REQUEST_BYTES:
        release_free_memory()
        _release_is_due.set()


def release_if_due() -> None:
    """Release free memory if there has been a large request since the last call."""
    if _release_is_due.is_set():
        _release_is_due.clear()
        release_free_memory()


def _unchanged_code(smaps: str) -> list[tuple[int, int]]:
    """Return from the text of smaps (see proc(5)) the addresses of each library's code that is the same as in its file.

    Only libraries count, because they stay where they are: another thread might close any other file meanwhile, and
    something else might then lie in its place. Only their code counts, because a library's data is relocated when it is
    loaded.
    """
    return [(int(start, 16), int(end, 16)) for start, end in _UNCHANGED_CODE.findall(smaps)]


def _call_libc(name: str, *arguments: object) -> None:
    """Call a function of the C library, if the library has it."""
    try:
        function = getattr(ctypes.CDLL(None), name)
    except AttributeError:
        return
    function(*arguments)
