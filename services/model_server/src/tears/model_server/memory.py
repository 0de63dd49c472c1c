"""The C library's memory, kept small: the models live in it."""

from __future__ import annotations

import ctypes
import gc
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8

# Of the system's mman.h.
_MADV_DONTNEED: Final = 4

_LIBRARY: Final = re.compile(r"\.so[.\d]*( \(deleted\))?$")  # deleted: replaced by another, as in an upgrade

# The buffers of four windows in flight.
_KEPT_BYTES: Final = 8 * 1024 * 1024
_HEAP_BYTES: Final = 32 * 1024 * 1024  # the most that glibc takes
# A request above this leaves more behind than it takes time to give back: it is read in pieces all over the heap.
_HUGE_BYTES: Final = 4 * 1024 * 1024
_is_untidy: Final = threading.Event()


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


def pass_over_imports() -> None:
    """Has the collector of cycles leave alone what there is by now; call it after the imports.

    They are nine tenths of what it looks through in a full round, which costs a request 12 ms, and none of it goes.
    """
    gc.freeze()


def give_back() -> None:
    """Returns what is free to the system: after a large model the heap has holes, which glibc keeps.

    What lies about in cycles, after imports and loading, goes first: a MiB.
    """
    gc.collect()
    _call("malloc_trim", 0)


def let_go_of_start() -> None:
    """Takes pages of libraries out of this process: most of their code ran once, at the start, or never will.

    Only pages that are as they are in the files: what is needed again comes from there, mostly from the system's cache
    of files and without a read. The system would take them as well, but only once memory is short, when others have
    already been slowed down: 16 of 86 MiB with the cry model. Without Linux's `/proc` nothing is done.
    """
    try:
        mapped = list(_unchanged(Path("/proc/self/smaps").read_text()))
    except OSError:
        return
    for start, end in mapped:
        _call("madvise", ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED)


def tidy_up_after(request_bytes: int) -> None:
    """As `give_back`, where a request that took so much was a huge one.

    gRPC still holds its bytes then, so that what is left waits for `tidy_up`.
    """
    if request_bytes > _HUGE_BYTES:
        give_back()
        _is_untidy.set()


def tidy_up() -> None:
    """As `give_back`, if there has been a huge request since the last time."""
    if _is_untidy.is_set():
        _is_untidy.clear()
        give_back()


def _unchanged(smaps: str) -> Iterator[tuple[int, int]]:
    """The code of libraries, from address to address, to which nothing was written.

    Of libraries alone, since these stay where they are: any other file might be closed by another thread meanwhile, and
    something else lie in its place. Of these the code alone: a library's data is relocated as it is loaded.

    Args:
        smaps: As proc(5) has it. Pages that are no longer the file's count as Anonymous, or as Swap once they have been
            swapped out.
    """
    for addresses, permissions, path, sizes in _mappings(smaps):
        is_code = permissions == "r-xp" and _LIBRARY.search(path)
        if is_code and sizes.get("Anonymous:") == sizes.get("Swap:") == "0":
            start, end = (int(address, 16) for address in addresses.split("-"))
            yield start, end


def _mappings(smaps: str) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
    """Each mapping's range, permissions and path, and the numbers, as text, of the lines below it."""
    mapping, sizes = ("", "", ""), dict[str, str]()
    for line in smaps.splitlines():
        first, *rest = line.split(maxsplit=5)
        if first.endswith(":"):
            sizes[first] = rest[0]
            continue
        yield *mapping, sizes
        mapping, sizes = (first, rest[0], rest[-1]), {}
    yield *mapping, sizes


def _call(name: str, *arguments: object) -> None:
    try:
        function = getattr(ctypes.CDLL(None), name)
    except AttributeError:
        return
    function(*arguments)
