"""Files that are there whole, or not at all: written beside their place and renamed into it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tears.trainer.speech_commands.errors import WriteError


def write_text(path: Path, text: str) -> None:
    """Writes a file in UTF-8; what stood there stays until the new one is whole.

    Raises:
        WriteError: The disk is full, or does not take it for another reason.
    """
    write_with(path, lambda part: part.write_text(text, encoding="utf-8"))


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Has a function write a file beside its place, and renames it.

    Args:
        path: Where the file is to be.
        write: Is given a path of the same suffix in the same folder.

    Raises:
        WriteError: The disk is full, or does not take it for another reason.
    """
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    with names_the_cure(path):
        try:
            write(part)
            _sync(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, and finds out now, not after an hour, whether it can be written to.

    Raises:
        WriteError: It cannot.
    """
    with names_the_cure(path):
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".tears-train.part"
        try:
            probe.write_bytes(b"tears")
        finally:
            probe.unlink(missing_ok=True)


@contextmanager
def names_the_cure(path: Path) -> Iterator[None]:
    """Turns what the operating system says of a write into an error that names file and cure.

    Raises:
        WriteError: In the place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {cure(error.strerror or str(error))}") from error


def cure(reason: str) -> str:
    """What to do where a disk does not take a file, after the reason."""
    lower = reason.lower()
    if "no space" in lower or "quota" in lower or "too large" in lower or "exhausted" in lower:
        return f"{reason}; free some room and go on with --start_checkpoint, or name a folder on another disk"
    return f"{reason}; name a folder that can be written to"


def native_reason(message: str) -> str:
    """Why TensorFlow could not write: "...part-00000; No space left on device [Op:SaveV2]" without the rest."""
    return message.splitlines()[0].rpartition("; ")[2].partition(" [Op:")[0]


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
