"""The files that a command was asked to write.

What cannot be written is refused before the work; what the disk does not take after it is kept in another place.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import click

from tears.cli.errors import InputError
from tears.kit.files import FilesTogether, cannot_write, naming_file
from tears.kit.files.user_folders import state_folder

# Gives the content of a file, in pieces, as often as it is asked to.
OutputPieces: TypeAlias = Callable[[], Iterable[bytes]]

replace_option = click.option("--replace", "is_replacing", is_flag=True, help="Overwrite results of an earlier run.")


def check_outputs(paths: Sequence[Path], *, is_replacing: bool, option: str = "--out") -> None:
    """Refuse, before the work, what could not be written after it; make the folders.

    Raises:
        InputError: A file exists and is not to be replaced, or its folder cannot be written.
    """
    refuse_existing(paths, is_replacing=is_replacing, option=option)
    for folder in dict.fromkeys(path.parent for path in paths):
        check_folder(folder, option)


def refuse_existing(paths: Sequence[Path], *, is_replacing: bool, option: str = "--out") -> None:
    """Raise InputError if a file exists and is not to be replaced, or if a folder is in its place."""
    for path in paths:
        if path.is_dir():
            raise InputError(f"{path} is a folder; give the name of a file with {option}")
        if path.exists() and not is_replacing:
            raise InputError(f"{path} exists already: add --replace to overwrite it, or give another {option}")


def check_folder(folder: Path, option: str = "--out") -> None:
    """Make a folder, and refuse one in which no file can be made; raise InputError."""
    try:
        with naming_file(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
    except OSError as error:
        raise InputError(f"{cannot_write(error)}, or give another {option}") from error


def write_outputs(files: Mapping[Path, OutputPieces]) -> None:
    """Write files together; if the disk does not take them, keep them in a folder of their own.

    Raises:
        InputError: The disk did not take them; the message says where they are now.
    """
    try:
        _write(files)
    except OSError as error:
        raise InputError(f"{cannot_write(error)}. {_keep(files)}") from error


def _keep(files: Mapping[Path, OutputPieces]) -> str:
    """Write the files to another place, under their own names; return a sentence about that place."""
    root = Path(os.path.commonpath([path.absolute().parent for path in files]))
    for parent in filter(None, (state_folder(), Path(tempfile.gettempdir()))):
        try:
            parent.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="tears-results-", dir=parent))
        except OSError:
            continue
        try:
            _write({folder / path.absolute().relative_to(root): content for path, content in files.items()})
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            return f"The results are in {folder} instead"
    return "There was no other place for the results either"


def _write(files: Mapping[Path, OutputPieces]) -> None:
    with FilesTogether() as drafts:
        for path, content in files.items():
            drafts.add_pieces(path, content())
