"""Look at a version's files before any of them is opened: a pipe would be waited for, and a large file takes memory."""

import itertools
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tears.model_server.errors import LoadError

MAX_LOOKED_AT: Final = 10_000
TFLITE_MAGIC: Final = b"TFL3"
_MAGIC_END_BYTES: Final = 8


def check_kinds(folder: Path) -> None:
    """Require that a version has only files and folders, behind links too.

    Raises:
        LoadError: It has a pipe, a device or a socket.
    """
    for path in itertools.islice(folder.rglob("*"), MAX_LOOKED_AT):
        try:
            mode = path.stat().st_mode
        except OSError:  # a link to nowhere; whoever needs it reports it
            continue
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise LoadError(f"{path} is neither a file nor a folder, and nothing in {folder} is read; remove it")


def check_sizes(paths: Iterable[Path], limit_bytes: int) -> None:
    """Require that files are not too large, together, for this machine or container.

    Raises:
        LoadError: They have more than `limit_bytes`.
    """
    sizes = {path: path.stat().st_size for path in paths if path.is_file()}
    total_bytes = sum(sizes.values())
    if total_bytes > limit_bytes:
        largest = max(sizes, key=sizes.__getitem__)
        raise LoadError(
            f"{largest} has {sizes[largest]} bytes: a model of {total_bytes} bytes does not fit into the memory of "
            f"this machine or container, of which it may take {limit_bytes}; give it more, or make the model smaller"
        )


def check_head(path: Path) -> None:
    """Require that a file begins as a TFLite model.

    Raises:
        LoadError: It is empty or something else.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_MAGIC_END_BYTES)
    if not head:
        raise LoadError(f"{path} is empty")
    if head[4:] != TFLITE_MAGIC:
        raise LoadError(f"{path}: LiteRT cannot run it: it does not begin as a TFLite model")
