"""The folder of a model's versions, which servers watch: versions appear and leave whole."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from tears.cli.errors import CliError, InputError
from tears.cli.own_data.drafts import disk_error
from tears.own_data.versions.version_files import TFLITE_FILE

LOCK = ".tears-model.lock"
_ERRNO = re.compile(r"\[Errno (\d+)\]")
# No server takes a name with letters in it for a version.
ARRIVING = ".arriving"
RETIRED = "retired"
# So many versions that were rolled back are kept.
MOST_RETIRED = 5


class FolderBusyError(CliError):
    """Raised when another command changes the versions at the moment."""


def version_folders(base_path: Path) -> dict[int, Path]:
    """The versions, the newest first.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        found = {
            int(path.name): path
            for path in base_path.iterdir()
            if path.name.isascii() and path.name.isdigit() and path.is_dir()
        }
    except OSError as error:
        raise InputError(f"{base_path} is no folder of versions: {error.strerror}; name one with --models") from error
    return dict(sorted(found.items(), reverse=True))


@contextlib.contextmanager
def changing(base_path: Path) -> Iterator[None]:
    """Holds the folder for one command.

    Raises:
        FolderBusyError: another one has it.
        InputError: it cannot be written.
    """
    path = base_path / LOCK
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise disk_error(path, error) from error
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FolderBusyError(f"another tears model changes {base_path}; try again when it is done") from error
        yield
    finally:
        os.close(fd)


def add_version(source: Path, base_path: Path, number: int) -> Path:
    """Copies a version beside its place, has it written out, and renames it to its number.

    Raises:
        InputError: the disk does not take it; nothing is left of it.
    """
    place, target = base_path / ARRIVING, base_path / str(number)
    try:
        # Of a command that was killed.
        _remove(place)
        shutil.copytree(source, place)
        _unprotect(place)
        _sync(place)
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        place.rename(target)
        _sync_folder(base_path)
    except (OSError, shutil.Error) as error:
        failure = error if error.errno else _first_of(error)
        raise disk_error(target, failure) from error
    finally:
        _remove(place)
    return target


def retire(folder: Path) -> Path:
    """Takes a version out of the servers' sight, into `retired/`; the oldest there go.

    Raises:
        InputError: the disk does not take it.
    """
    retired = folder.parent / RETIRED
    try:
        retired.mkdir(exist_ok=True)
        names = {path.name for path in retired.iterdir()}
        target = next(
            path for path in (retired / f"{folder.name}{suffix}" for suffix in _suffixes()) if path.name not in names
        )
        folder.rename(target)
        _sync_folder(folder.parent)
        _sync_folder(retired)
    except OSError as error:
        raise disk_error(retired, error) from error
    kept = sorted(retired.iterdir(), key=lambda path: path.stat().st_ctime_ns)
    for path in kept[:-MOST_RETIRED]:
        shutil.rmtree(path, ignore_errors=True)
    return target


def tflite_of(folder: Path) -> Path:
    """A version's file."""
    return folder / TFLITE_FILE


def _suffixes() -> Iterator[str]:
    yield ""
    for count in range(2, 10_000):
        yield f"-{count}"


def _first_of(error: OSError) -> OSError:
    """What stood behind `shutil.Error`, which lists (source, target, reason), the reasons as text."""
    found = _ERRNO.search(str(error))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else OSError(errno.EIO, str(error)[:200])


def _remove(draft: Path) -> None:
    with contextlib.suppress(OSError):
        _unprotect(draft)
    shutil.rmtree(draft, ignore_errors=True)


def _unprotect(copy: Path) -> None:
    """Lets its owner change a copy, whose modes are those of what was copied: otherwise it could never be moved."""
    for path in (copy, *copy.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | (0o755 if path.is_dir() else 0o644)
        if mode != wanted:
            path.chmod(wanted)


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            _sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
