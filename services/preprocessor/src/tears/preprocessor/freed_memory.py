"""Keep the memory that each window frees, because the next window needs as much of it."""

import ctypes

# The names and numbers are those of glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
# More than a window takes at 48 kHz, and little beside the memory of a container.
KEPT_BYTES = 16 * 1024 * 1024


def keep_freed_memory(most_bytes: int = KEPT_BYTES) -> bool:
    """Let the process keep up to so many freed bytes at hand; return whether this C library can.

    The arrays of a window take some megabytes. glibc gives so much back to the system as soon as it is free, and then
    every page of the next window is a page fault: a quarter of the time of a window.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl and macOS have none
    if mallopt is None:
        return False
    return all(mallopt(option, most_bytes) == 1 for option in (_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD))
