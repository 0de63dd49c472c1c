"""What the operating system says when a disk does not take a file, and what a user can do about it."""

import contextlib
import errno
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

_WRITE_CURES = MappingProxyType(
    {
        errno.ENOSPC: "free space there",
        errno.EDQUOT: "free space there, or raise the quota",
        errno.EFBIG: "raise the limit on the size of a file (ulimit -f)",
        errno.EROFS: "remount it for writing, or name a folder on another disk",
        errno.EACCES: "let this user write there, or name another folder",
        errno.EPERM: "let this user write there, or name another folder",
        errno.ENOENT: "make the folder, or name another",
        errno.EISDIR: "a folder is in its place: move it away",
        errno.ENOTDIR: "a file is where a folder should be: move it away, or name another folder",
        errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
        errno.EIO: "the disk fails: replace it",
    }
)
_NO_CURES: Mapping[int, str] = MappingProxyType({})


def reason_and_cure(error: OSError, cures: Mapping[int, str] = _NO_CURES) -> str:
    """Return the reason and the cure: "No space left on device; free space there".

    `cures` are the caller's own, by errno; they replace the general ones.
    """
    reason = error.strerror or str(error)
    cure = cures.get(error.errno or 0) or _WRITE_CURES.get(error.errno or 0)
    return f"{reason}; {cure}" if cure else reason


def cannot_write(error: OSError, cures: Mapping[int, str] = _NO_CURES) -> str:
    """Return "cannot write PATH: REASON; CURE" for an error that names its file, as all from `tears.kit.files` do."""
    return f"cannot write {error.filename}: {reason_and_cure(error, cures)}"


@contextlib.contextmanager
def naming_file(path: Path) -> Iterator[None]:
    """Replace every OSError of the block by the same error with `path` as its file name.

    A failed write names no file, and a failed rename names the part file, which the user does not know.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
