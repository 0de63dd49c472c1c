"""Version folders, `<folder>/<number>/`, each of which appears whole or not at all."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tears.own_data.versions.version_files import newest_number
from tears.trainer.errors import ExportError

# No server takes a name with letters in it for a version.
UNFINISHED_PREFIX: Final = ".unfinished-"
MOST_ATTEMPTS: Final = 100
STALE_SECONDS: Final = 24 * 3600.0


@contextmanager
def new_version(folder: Path) -> Iterator[Path]:
    """Lends a place to write a version to, beside the finished ones; what is still there afterwards is removed.

    Raises:
        ExportError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        place = Path(tempfile.mkdtemp(prefix=UNFINISHED_PREFIX, dir=folder))
    except OSError as error:
        raise _cannot_write(folder, error) from error
    try:
        # As any other folder; a temporary one is its owner's alone, and a server may run as somebody else.
        place.chmod(0o755)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Removes what exports left that were killed; one that is under way is younger."""
    for place in folder.glob(f"{UNFINISHED_PREFIX}*"):
        if place.stat().st_mtime < time.time() - STALE_SECONDS:
            shutil.rmtree(place, ignore_errors=True)


def next_number(place: Path, folder: Path) -> Path:
    """Renames a place to the next version's number: a server that watches the folder sees all of it or nothing.

    Whoever else exports to the folder at the same moment gets another number.

    Raises:
        ExportError: The folder cannot be written.
    """
    for _ in range(MOST_ATTEMPTS):
        path = folder / str(newest_number(folder) + 1)
        try:
            place.rename(path)
        except OSError as error:
            if path.exists():
                continue
            raise _cannot_write(path, error) from error
        return path
    raise ExportError(f"{folder}: others took {MOST_ATTEMPTS} numbers in a row; export once they are done")


def replace_files(place: Path, path: Path) -> None:
    """Moves each file and folder of a place into a version that may be there already; what else is there stays.

    Raises:
        ExportError: The version cannot be written.
    """
    try:
        path.mkdir(exist_ok=True)
        for entry in place.iterdir():
            if entry.is_dir():
                shutil.rmtree(path / entry.name, ignore_errors=True)
            entry.replace(path / entry.name)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> ExportError:
    return ExportError(f"{path} cannot be written ({error.strerror}); export to a folder that can")
