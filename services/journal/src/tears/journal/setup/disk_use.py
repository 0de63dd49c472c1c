"""How much the journal keeps on the disk, and how much is free. Blocks on the disk."""

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Less than this is worth a word before the clips are left out.
LITTLE_FREE_BYTES: Final = 2**30
# A folder with more files is not counted to its end.
_MOST_FILES: Final = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskUse:
    """The disk of the journal's data; all zero if it cannot be looked at, and `fault` says why.

    Attributes:
        kept_bytes: what the journal keeps: history, clips and recordings.
    """

    total_bytes: int = 0
    free_bytes: int = 0
    kept_bytes: int = 0
    fault: str = ""

    @property
    def is_nearly_full(self) -> bool:
        """Whether little is free."""
        return bool(self.total_bytes) and self.free_bytes < LITTLE_FREE_BYTES


def disk_use(folder: Path) -> DiskUse:
    """Return the use of the disk on which a folder lies."""
    try:
        usage = shutil.disk_usage(folder)
        return DiskUse(total_bytes=usage.total, free_bytes=usage.free, kept_bytes=_size_of(folder))
    except OSError as error:
        return DiskUse(fault=error.strerror or str(error))


def _size_of(folder: Path) -> int:
    size = files = 0
    for place, _, file_names in os.walk(folder):
        for name in file_names:
            files += 1
            if files > _MOST_FILES:
                return size
            # A part file may become a clip meanwhile.
            with contextlib.suppress(FileNotFoundError):
                size += Path(place, name).lstat().st_size
    return size
