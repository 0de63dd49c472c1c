"""Write version folders, `<folder>/<number>/`, each of which appears whole or not at all."""

import functools
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tears.own_data.versions.version_files import DRAFT_PREFIX, newest_number
from tears.trainer.disk_writes import EXPORT_ADVICE, failed_writes_named
from tears.trainer.errors import WriteError

MOST_ATTEMPTS: Final = 100
STALE_SECONDS: Final = 24 * 3600.0

_writing = functools.partial(failed_writes_named, when_full=EXPORT_ADVICE)


@contextmanager
def draft_version(folder: Path) -> Iterator[Path]:
    """Make a temporary folder beside the finished versions, and remove it at the end if it is still there.

    Raises:
        WriteError: The folder cannot be written.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_stale_drafts(folder)
        draft = Path(tempfile.mkdtemp(prefix=DRAFT_PREFIX, dir=folder))
    try:
        # Only its owner can read a temporary folder, but the server may run as another user.
        draft.chmod(0o755)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _remove_stale_drafts(folder: Path) -> None:
    """Remove the drafts of exports that were killed; the draft of a running export is younger."""
    for draft in folder.glob(f"{DRAFT_PREFIX}*"):
        if draft.stat().st_mtime < time.time() - STALE_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)


def publish_version(draft: Path) -> Path:
    """Rename a draft to the next version's number, so that a server that watches the folder sees all of it or nothing.

    Two processes that publish at the same moment get two numbers. Return the version's folder.

    Raises:
        WriteError: The folder cannot be written.
    """
    folder = draft.parent
    for _ in range(MOST_ATTEMPTS):
        path = folder / str(newest_number(folder) + 1)
        with _writing(path):
            try:
                return draft.rename(path)
            except OSError:
                # Another process took the number.
                if not path.exists():
                    raise
    raise WriteError(f"{folder}: other processes took {MOST_ATTEMPTS} numbers in a row; export when they have finished")


def replace_files(draft: Path, path: Path) -> None:
    """Move each file and folder of a draft into a version that may exist already; its other files stay.

    Raises:
        WriteError: The version cannot be written.
    """
    with _writing(path):
        path.mkdir(exist_ok=True)
        for entry in draft.iterdir():
            if entry.is_dir():
                shutil.rmtree(path / entry.name, ignore_errors=True)
            entry.replace(path / entry.name)
