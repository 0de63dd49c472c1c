"""Where the alerter of `tears up` keeps its state: alerts that could not be delivered survive the end of the run."""

import os
from pathlib import Path

from tears.cli.places.user_folders import state_folder
from tears.kit.files import PRIVATE_FILE_MODE, FileLock

# So many runs at once have a file of their own.
_MOST_RUNS = 9


def state_path(runtime_folder: Path, *, has_own_redis: bool) -> Path:
    """Return the file: the setting's, else one in the user's folder for states, else in the folder of this run.

    Runs with their own Redis have another file than those with a Redis that is named, because its rooms are others. A
    second run at the same time gets a second file.
    """
    if chosen := os.environ.get("TEARS_ALERTER_STATE_PATH"):
        return Path(chosen)
    folder = state_folder() or runtime_folder
    name = "up" if has_own_redis else "alerter"
    paths = [folder / f"{name}{'' if k == 1 else f'-{k}'}.sqlite" for k in range(1, _MOST_RUNS + 1)]
    return next((path for path in paths if _is_free(path)), runtime_folder / "alerter.sqlite")


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
