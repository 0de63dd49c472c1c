"""The folder of the journal of `tears up`, which outlives the run, and the lock that keeps others out of it."""

import contextlib
import os
from pathlib import Path

from tears.cli.errors import StartError
from tears.kit.files import PRIVATE_FILE_MODE, FileLock, cannot_write
from tears.kit.files.user_folders import state_folder

DATA_VARIABLE = "TEARS_JOURNAL_DATA"
ALERTS_FILE_VARIABLE = "TEARS_ALERTER_RULES"
# So many runs at once have a folder of their own.
_MOST_JOURNALS = 9


def locked_data_folder(stack: contextlib.ExitStack) -> Path:
    """Return the folder: the setting's, else the first one in the user's folder for states that no other run uses.

    The lock is released when the stack is closed.

    Raises:
        StartError: There is no such folder, or it cannot be written; the message has the cure.
    """
    if chosen := os.environ.get(DATA_VARIABLE):
        candidates = [Path(chosen)]
    elif (states := state_folder()) is not None:
        candidates = [
            states / f"journal{'' if number == 1 else f'-{number}'}" for number in range(1, _MOST_JOURNALS + 1)
        ]
    else:
        raise StartError(f"this user has no home for its history; name a folder with {DATA_VARIABLE}")
    for folder in candidates:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder.with_name(f"{folder.name}.lock"), mode=PRIVATE_FILE_MODE))
        except BlockingIOError:
            continue
        except OSError as error:
            raise StartError(f"{cannot_write(error)}, or name another folder with {DATA_VARIABLE}") from error
        return folder
    raise StartError(f"another run uses {candidates[-1]}; name another folder with {DATA_VARIABLE}")


def alerts_file() -> str:
    """Return the file of receivers, which may not exist yet: the setting's, else where the page writes one.

    It is the same for all runs, with a journal or without. It is empty if this user has no home.
    """
    states = state_folder()
    return os.environ.get(ALERTS_FILE_VARIABLE) or (f"{states}/alerts.toml" if states else "")
