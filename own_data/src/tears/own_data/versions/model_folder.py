"""Change the folder of a model's versions, and write that into its history.

Servers watch the folder, so a version appears and leaves as a whole.
"""

import contextlib
import datetime as dt
import errno
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from tears.kit.files import FileLock, cannot_write, naming_file, sync_folder, sync_tree, write_whole
from tears.own_data.errors import FolderBusyError, ModelFolderError
from tears.own_data.versions.history import HISTORY_FILE, HistoryEntry, read_history
from tears.own_data.versions.proof import sha256_of
from tears.own_data.versions.version_files import TFLITE_FILE, version_folders

LOCK_FILE = ".tears-model.lock"
_ERRNO = re.compile(r"\[Errno (\d+)\]")
# Servers ignore folders with letters in their names.
ARRIVING = ".arriving"
RETIRED = "retired"
# This many versions that were rolled back are kept.
MOST_RETIRED_VERSIONS = 5
# Enough for years; older lines are dropped.
MOST_HISTORY_LINES = 200


def versions_in(base_path: Path) -> dict[int, Path]:
    """Return the versions, the newest first.

    Raises:
        ModelFolderError: The folder cannot be read.
    """
    try:
        return version_folders(base_path)
    except OSError as error:
        raise ModelFolderError(f"{base_path} is not a folder of versions: {error.strerror}; give --models") from error


@contextlib.contextmanager
def locked(base_path: Path) -> Iterator[None]:
    """Keep other commands from changing the folder while the block runs.

    Raises:
        FolderBusyError: Another command changes it.
        ModelFolderError: It cannot be written.
    """
    try:
        with _refusing_disk():
            lock = FileLock(base_path / LOCK_FILE)
    except ModelFolderError as error:
        if isinstance(error.__cause__, BlockingIOError):
            raise FolderBusyError(f"another ./tears model changes {base_path}; try again when it is done") from error
        raise
    with lock:
        yield


def add_version(source: Path, base_path: Path, number: int) -> Path:
    """Copy a version beside its place, wait until it is on the disk, and rename it to its number.

    Raises:
        ModelFolderError: It cannot be written; nothing is left of it.
    """
    draft, target = base_path / ARRIVING, base_path / str(number)
    try:
        # A command that was killed may have left a draft.
        _remove(draft)
        with _refusing_disk(), naming_file(target):
            _copy(source, draft)
            sync_tree(draft)
            if target.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            draft.rename(target)
            sync_folder(base_path)
    finally:
        _remove(draft)
    return target


def retire(folder: Path) -> Path:
    """Move a version into `retired/`, which servers do not look at; delete the oldest versions there.

    Raises:
        ModelFolderError: The disk does not take it.
    """
    retired = folder.parent / RETIRED
    with _refusing_disk(), naming_file(retired):
        retired.mkdir(exist_ok=True)
        taken = {path.name for path in retired.iterdir()}
        names = (f"{folder.name}{f'-{k}' if k > 1 else ''}" for k in count(1))
        target = retired / next(name for name in names if name not in taken)
        folder.rename(target)
        sync_folder(folder.parent)
        sync_folder(retired)
    kept = sorted(retired.iterdir(), key=lambda path: path.stat().st_ctime_ns)
    for path in kept[:-MOST_RETIRED_VERSIONS]:
        shutil.rmtree(path, ignore_errors=True)
    return target


def add_entry(base_path: Path, **facts: Any) -> None:
    """Add an entry with these fields at the end; it gets the time now.

    Raises:
        ModelFolderError: The file cannot be written.
        HistoryError: The file is not a history.
    """
    new = HistoryEntry(at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **facts)
    lines = [json.dumps(asdict(entry)) for entry in (*read_history(base_path), new)][-MOST_HISTORY_LINES:]
    with _refusing_disk():
        write_whole(base_path / HISTORY_FILE, "".join(f"{line}\n" for line in lines).encode())


def take_back(base_path: Path, number: int, folder: Path, why: str) -> Path:
    """Retire a version and write that down; return where it is now. Raises as `retire` and `add_entry` do."""
    tflite = folder / TFLITE_FILE
    digest = sha256_of(tflite) if tflite.is_file() else ""
    kept = retire(folder)
    facts = {"version": number, "source": str(kept), "sha256": digest, "figures": {}, "is_forced": False, "why": why}
    add_entry(base_path, action="rollback", **facts)
    return kept


@contextlib.contextmanager
def _refusing_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelFolderError(cannot_write(error)) from error


def _copy(source: Path, draft: Path) -> None:
    try:
        shutil.copytree(source, draft)
    except shutil.Error as error:
        # It lists (source, target, reason), the reasons as text.
        found = _ERRNO.search(str(error))
        number = int(found[1]) if found else errno.EIO
        raise OSError(number, os.strerror(number) if found else str(error)[:200]) from error
    _make_writable(draft)


def _remove(draft: Path) -> None:
    with contextlib.suppress(OSError):
        _make_writable(draft)
    shutil.rmtree(draft, ignore_errors=True)


def _make_writable(copy: Path) -> None:
    """Let the owner change a copy: it has the modes of its source, and a read-only one could never be moved."""
    for path in (copy, *copy.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | (0o755 if path.is_dir() else 0o644)
        if mode != wanted:
            path.chmod(wanted)
