"""The state file of the alerter of `tears up`: alerts that could not be delivered survive the end of the run."""

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from tears.kit.files import PRIVATE_FILE_MODE, FileLock
from tears.kit.files.user_folders import state_folder

# So many runs at once have a file of their own.
_MOST_RUNS = 9


def state_path(runtime_folder: Path, *, has_own_redis: bool) -> Path:
    """Return the file: the setting's, else one in the user's folder for states, else in the folder of this run.

    Runs with their own Redis have another file than those with a Redis that is named, because its rooms are others. A
    second run at the same time gets a second file. The notices that wait in the files of runs that have ended are moved
    into the one that is returned.
    """
    if chosen := os.environ.get("TEARS_ALERTER_STATE_PATH"):
        return Path(chosen)
    folder = state_folder() or runtime_folder
    name = "up" if has_own_redis else "alerter"
    paths = [folder / f"{name}{'' if k == 1 else f'-{k}'}.sqlite" for k in range(1, _MOST_RUNS + 1)]
    own = next((path for path in paths if _is_free(path)), None)
    return runtime_folder / "alerter.sqlite" if own is None else _with_waiting_notices(own, paths)


def _is_free(path: Path) -> bool:
    """Return whether no alerter uses a file; also if that cannot be found out, because the alerter reports it then."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        FileLock(path.with_name(path.name + ".lock"), mode=PRIVATE_FILE_MODE).close()
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _with_waiting_notices(own: Path, paths: Sequence[Path]) -> Path:
    """Return `own`, with the notices of the files that no alerter uses; one of those if `own` does not exist yet.

    A file that cannot be read or written stays as it is, because the alerter must start all the same.
    """
    for other in paths:
        with contextlib.suppress(OSError, sqlite3.Error):
            if other == own or not other.is_file():
                continue
            with FileLock(other.with_name(other.name + ".lock"), mode=PRIVATE_FILE_MODE):
                if own.exists():
                    _move_notices(other, own)
                elif _has_notices(other):
                    own = other
    return own


def _has_notices(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT 1 FROM notices LIMIT 1").fetchone() is not None


def _move_notices(source: Path, target: Path) -> None:
    """Move all notices, or none; raise OSError or sqlite3.Error."""
    with (
        FileLock(target.with_name(target.name + ".lock"), mode=PRIVATE_FILE_MODE),
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as database,
    ):
        database.execute("ATTACH ? AS other", (str(source),))
        # An older release may have made one of the files, with fewer columns. The row's number is that of its file.
        known = [
            {row[1] for row in database.execute(f"PRAGMA {name}.table_info(notices)")} for name in ("main", "other")
        ]
        columns = ", ".join(sorted(set.intersection(*known) - {"id"}))
        database.execute("BEGIN IMMEDIATE")
        # What the target has already is the same notice, by its key. Closing undoes what was not committed.
        database.execute(
            f"INSERT OR IGNORE INTO main.notices ({columns}) SELECT {columns} FROM other.notices ORDER BY id"  # noqa: S608
        )
        database.execute("DELETE FROM other.notices")
        database.execute("COMMIT")
