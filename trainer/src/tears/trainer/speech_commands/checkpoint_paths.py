"""The files of checkpoints. Needs no TensorFlow."""

import re
from pathlib import Path
from typing import Final

from tears.trainer.errors import CheckpointError

CHECKPOINT_SUFFIXES: Final = (".index", ".data-00000-of-00001")


def existing_checkpoint(start: str) -> Path:
    """Return the path of a checkpoint, without the suffix of its files; raise CheckpointError if there is none."""
    name = start
    for suffix in CHECKPOINT_SUFFIXES:
        name = name.removesuffix(suffix)
    path = Path(name)
    if checkpoint_file(path, ".index").is_file():
        return path
    folder = path if path.is_dir() else path.parent
    found = sorted(folder.glob("*.ckpt-*.index"), key=step_of)
    hint = f"the latest in {folder} is {str(found[-1]).removesuffix('.index')}" if found else f"{folder} has none"
    raise CheckpointError(f"--start_checkpoint: {start} is not a checkpoint; {hint}")


def step_of(file: Path) -> int:
    """Return the step of one file of a checkpoint; -1 if it is none."""
    number = re.search(r"\.ckpt-(\d+)\.(?:index|data-\d+-of-\d+)$", file.name)
    return int(number[1]) if number else -1


def checkpoint_file(path: Path, suffix: str) -> Path:
    """Return the path of one file of a checkpoint."""
    return Path(f"{path}{suffix}")
