"""Keep an adapted model in another place if the disk does not take it where it was asked for."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from tears.kit.files.user_folders import state_folder
from tears.trainer.errors import WriteError
from tears.trainer.exporting.version_folders import draft_version

SPARE_FOLDER: Final = "adapted-models"

Exported = TypeVar("Exported")


def export_elsewhere(write: Callable[[Path], Exported], failure: WriteError) -> Exported:
    """Export to the user's folder for states, or else to the one for temporary files, and return what `write` returns.

    `write` exports a model to a folder from `draft_version`. After minutes of learning a full disk must not cost the
    model, and another file system may have room.

    Raises:
        WriteError: `failure`, which is why the model is not where it was asked for, if no other place takes it either.
    """
    for parent in (state_folder(), Path(tempfile.gettempdir()) / "tears"):
        if parent is None:
            continue
        try:
            with draft_version(parent / SPARE_FOLDER) as draft:
                return write(draft)
        except WriteError:
            continue
    raise WriteError(f"{failure}. There was no other place for the adapted model either") from failure
