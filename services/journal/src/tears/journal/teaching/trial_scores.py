"""The scores of the ear in use and of the taught one, second by second: a small file for each room."""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tears.journal.history.records import LEAST_LEVEL_DBFS
from tears.kit.registry.mic_names import is_folder_name

_TRIAL_SUFFIX: Final = ".scores"
# Scores are in hundredths, rounded down; the level is in dBFS plus 120.
ROW: Final = np.dtype([("at", "<f8"), ("served", "u1"), ("taught", "u1"), ("level", "u1")])
# A week of one room: 7 MB.
MOST_ROWS: Final = 7 * 86_400

Rows = npt.NDArray[Any]


class TrialScores:
    """The folder of the files. One thread adds; others may read at the same time."""

    def __init__(self, folder: Path) -> None:
        """Touch nothing yet."""
        self._folder = folder

    def add(self, mic: str, at: float, served: float, taught: float, level_dbfs: float) -> None:
        """Append a row, unless the room has a week already; raises OSError."""
        if not is_folder_name(mic):
            return
        level = min(max(round(level_dbfs) - LEAST_LEVEL_DBFS, 0), -LEAST_LEVEL_DBFS)
        row = np.array([(at, math.floor(100 * served + 1e-6), math.floor(100 * taught + 1e-6), level)], ROW)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{mic}{_TRIAL_SUFFIX}"
        with path.open("ab") as file:
            # After a power cut the last row may be half there.
            whole = file.tell() // ROW.itemsize
            if whole >= MOST_ROWS:
                return
            file.truncate(whole * ROW.itemsize)
            file.write(row.tobytes())

    def rooms(self) -> dict[str, Rows]:
        """Return the rows of each room, the earliest first; nothing of files that cannot be read."""
        found = {}
        for path in sorted(self._folder.glob(f"*{_TRIAL_SUFFIX}")):
            try:
                content = path.read_bytes()
            except OSError:
                continue
            rows = np.frombuffer(content, ROW, len(content) // ROW.itemsize)
            found[path.name.removesuffix(_TRIAL_SUFFIX)] = rows[np.argsort(rows["at"], kind="stable")]
        return found

    def clear(self) -> None:
        """Delete all rows; raises OSError."""
        for path in self._folder.glob(f"*{_TRIAL_SUFFIX}"):
            path.unlink(missing_ok=True)
