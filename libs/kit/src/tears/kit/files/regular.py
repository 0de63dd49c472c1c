"""Open files that must be files: a pipe in the place of one would hold up whoever opens it, for good."""

import errno
import os
import stat
from pathlib import Path


def open_regular(path: Path, flags: int, mode: int = 0o666) -> int:
    """Open a file as `os.open` does, and return its descriptor; its children do not inherit it.

    Raises:
        OSError: As from `os.open`; or something else than a file is in its place, which is left as it is.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK, mode)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "a pipe or a device is in its place: move it away", str(path))
    os.set_blocking(descriptor, True)
    return descriptor


def make_private(path: Path, mode: int) -> None:
    """Make a file with this mode if it does not exist; else give it this mode, unless it belongs to another user.

    Raises:
        OSError: It cannot be made, or something else than a file is in its place, which is left as it is.
    """
    descriptor = open_regular(path, os.O_RDONLY | os.O_CREAT, mode)
    try:
        os.fchmod(descriptor, mode)
    except PermissionError:
        # Another user's file that we may write stays as it is.
        pass
    finally:
        os.close(descriptor)
