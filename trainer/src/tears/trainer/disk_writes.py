"""Write the trainer's files whole or not at all, with errors that name the file and what the user can do."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tears.kit import files
from tears.trainer.errors import WriteError

RESUME_ADVICE: Final = "free some room and go on with --start_checkpoint, or name a folder on another disk"
EXPORT_ADVICE: Final = "free some space, or name another folder to export to"
_FULL_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ERRNO_OF: Final = {os.strerror(code): code for code in errno.errorcode}


@contextmanager
def failed_writes_named(
    what: object, *native_errors: type[Exception], when_full: str = RESUME_ADVICE
) -> Iterator[None]:
    """Replace the errors of failed writes in the block by a WriteError that names the file or folder and the cure.

    Errors besides OSError that mean a failed write are given as `native_errors`, e.g. `tf.errors.OpError`; `when_full`
    is what the user can do when the disk is full.
    """
    failures: tuple[type[Exception], ...] = (OSError, *native_errors)
    try:
        yield
    except failures as error:
        failure = error if isinstance(error, OSError) else _as_os_error(error)
        reason = files.reason_and_cure(failure, dict.fromkeys(_FULL_DISK, when_full))
        raise WriteError(f"{what} cannot be written: {reason}") from error


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8, whole or not at all; raise WriteError if the disk does not take it."""
    with failed_writes_named(path):
        files.write_whole(path, text.encode())


def require_writable(path: Path) -> None:
    """Raise WriteError if a folder cannot be made or written, as far as that is known without making it."""
    with failed_writes_named(path):
        nearest = next(one for one in (path, *path.absolute().parents) if one.exists())
        if not nearest.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(nearest, os.W_OK | os.X_OK):
            code = errno.EROFS if os.statvfs(nearest).f_flag & os.ST_RDONLY else errno.EACCES
            raise OSError(code, os.strerror(code))


def make_folder(path: Path) -> None:
    """Make a folder and its parents; raise WriteError now, not after an hour, if no files can be written there."""
    with failed_writes_named(path):
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".tears-train.part"
        try:
            probe.write_bytes(b"tears")
        finally:
            probe.unlink(missing_ok=True)


def reserved_array(path: Path, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Make a file of zeros for an array, .npy, and return it mapped into memory; changes to it reach the file.

    Raises:
        OSError: The disk does not take all of it. The error names the file, of which a part may remain.
    """
    try:
        array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        with path.open("r+b") as file:
            # Reserve all bytes now: a full disk raises an error here, but would kill the process with SIGBUS later.
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    return array


def _as_os_error(error: Exception) -> OSError:
    """Return TensorFlow's error for a failed write as the operating system's error, whose text it contains."""
    reason = native_reason(str(error) or repr(error))
    return OSError(_ERRNO_OF.get(reason, 0), reason)


def native_reason(message: str) -> str:
    """Return the reason in TensorFlow's "...part-00000; No space left on device [Op:SaveV2]"."""
    return message.splitlines()[0].rpartition("; ")[2].partition(" [Op:")[0]
