"""Version folders, `<folder>/<number>/`, each of which appears whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.training.errors import ExportError

# No server takes a name with letters in it for a version.
UNFINISHED_PREFIX: Final = ".unfinished-"
MOST_ATTEMPTS: Final = 100


@dataclass
class NewVersion:
    """A version that is being written.

    Attributes:
        unfinished: Where its files go.
        path: Where it stands once it is finished; None until then.
    """

    unfinished: Path
    path: Path | None = None


def newest_version(folder: Path) -> int:
    """The highest number that a folder's sub-folders have; 0 if there is none."""
    if not folder.is_dir():
        return 0
    numbers = (int(path.name) for path in folder.iterdir() if path.name.isascii() and path.name.isdigit())
    return max(numbers, default=0)


@contextmanager
def new_version(folder: Path) -> Iterator[NewVersion]:
    """Lends a place to write to, and renames it to the next version's number when the block ends without an error.

    Both lie in one folder, so that a server that watches it sees a version with all its files or sees none. After an
    error what was written is removed.

    Raises:
        ExportError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=UNFINISHED_PREFIX, dir=folder))
    except OSError as error:
        raise ExportError(f"{folder} cannot be written ({error.strerror}); export to a folder that can") from error
    version = NewVersion(place)
    try:
        yield version
        # As any other folder; a temporary one is its owner's alone, and a server may run as somebody else.
        place.chmod(0o755)
        version.path = _rename(place, folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _rename(place: Path, folder: Path) -> Path:
    """Takes the next number; whoever else exports to the folder at the same moment gets another."""
    for _ in range(MOST_ATTEMPTS):
        path = folder / str(newest_version(folder) + 1)
        try:
            place.rename(path)
        except FileExistsError:
            continue
        except OSError as error:
            if path.exists():
                continue
            raise ExportError(f"{path} cannot be written ({error.strerror}); export to a folder that can") from error
        return path
    raise ExportError(f"{folder} has no number left for a version; export to an empty folder")
