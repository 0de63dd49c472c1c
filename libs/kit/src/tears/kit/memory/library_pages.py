"""Release the code of libraries that only the start of a process needed. Does nothing where the system is not Linux."""

import ctypes
import re
from pathlib import Path
from typing import Final

from tears.kit.memory.heap import call_libc

# From the system's mman.h.
_MADV_DONTNEED: Final = 4

# The code of a library in smaps, if none of its pages was changed (Anonymous) or changed and then swapped out (Swap).
# A library is called (deleted) after an upgrade has replaced its file.
_UNCHANGED_CODE: Final = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) r-xp (?:\S+ +){3}\S.*\.so[.\d]*(?: \(deleted\))?\n"
    r"(?:[A-Z]\w*:.*\n)*?Anonymous: +0 kB\n(?:[A-Z]\w*:.*\n)*?Swap: +0 kB$",
    re.MULTILINE,
)


def release_library_pages() -> None:
    """Remove the code of libraries from this process's memory: most of it ran once, at the start, or never runs.

    Only pages that are the same as in their files are removed. When one is needed again, it comes from the file, mostly
    from the system's cache without a read. The system would remove these pages too, but only when memory is short and
    other processes are already slowed down: 16 of 86 MiB of the model server with the cry model.
    """
    try:
        mapped = _unchanged_code(Path("/proc/self/smaps").read_text())
    except OSError:
        return
    for start, end in mapped:
        call_libc("madvise", ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED)


def _unchanged_code(smaps: str) -> list[tuple[int, int]]:
    """Return from the text of smaps (see proc(5)) the addresses of each library's code that is the same as in its file.

    Only libraries count, because they stay where they are: another thread might close any other file meanwhile, and
    something else might then lie in its place. Only their code counts, because a library's data is relocated when it is
    loaded.
    """
    return [(int(start, 16), int(end, 16)) for start, end in _UNCHANGED_CODE.findall(smaps)]
