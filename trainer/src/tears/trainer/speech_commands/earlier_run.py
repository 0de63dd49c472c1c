"""Keep the files of an earlier run that a new one in the same folder would overwrite. Needs no TensorFlow."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tears.trainer.disk_writes import failed_writes_named
from tears.trainer.speech_commands.checkpoint_paths import CHECKPOINT_SUFFIXES, step_of

EARLIER_FOLDER: Final = "earlier"


def set_earlier_run_aside(folder: Path, architecture: str, steps_done: int, results: Iterable[str]) -> Path | None:
    """Move the checkpoints that a run will write again to `earlier/<n>`, and copy the results there.

    Args:
        folder: The folder of the run, which exists.
        architecture: The name that the checkpoints begin with.
        steps_done: The step that the run goes on from; 0 for a new run. Checkpoints up to it stay.
        results: The names of the other files that the run overwrites, if they exist.

    Return the new folder; None if the run overwrites nothing.

    Raises:
        WriteError: The disk does not take it. Every checkpoint is whole, here or there.
    """
    files = [path for suffix in CHECKPOINT_SUFFIXES for path in folder.glob(f"{architecture}.ckpt-*{suffix}")]
    later = [path for path in files if step_of(path) > steps_done]
    kept = [path for name in results if (path := folder / name).is_file()]
    if not later and (steps_done or not kept):
        return None
    with failed_writes_named(folder / EARLIER_FOLDER):
        aside = _new_folder(folder / EARLIER_FOLDER)
        for path in kept:
            shutil.copy2(path, aside)
        # The index is moved last: a checkpoint counts as one where its index is.
        for path in sorted(later, key=lambda path: path.name.endswith(".index")):
            path.rename(aside / path.name)
    return aside


def _new_folder(parent: Path) -> Path:
    """Make the next numbered folder; two runs that start together get two."""
    parent.mkdir(exist_ok=True)
    number = max((int(path.name) for path in parent.iterdir() if path.name.isdecimal()), default=0) + 1
    while True:
        try:
            (parent / str(number)).mkdir()
        except FileExistsError:
            number += 1
        else:
            return parent / str(number)
