"""The largest size of requests for a version, from its files alone: the server asks before it loads anything."""

import math
import mmap
import stat
from pathlib import Path
from typing import Final

from tears.model_server.engines.litert import TFLITE_MODEL_FILE
from tears.model_server.engines.tflite_file import READ_ERRORS, InputSize, input_sizes

# The interpreter resizes many a fixed first size, so a client may send several rows at a time.
BATCH_ROOM: Final = 8


def tflite_request_bytes(folder: Path) -> int | None:
    """Return what a request for `model.tflite` in this folder may have, with room for batches; only maps the file.

    Returns:
        None if there is no such file, it cannot be read, or one of its inputs may have any size.
    """
    path = folder / TFLITE_MODEL_FILE
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            signatures = input_sizes(content)
    except (OSError, *READ_ERRORS):
        return None
    sizes = [_request_bytes(inputs) for inputs in signatures]
    return None if not sizes or None in sizes else BATCH_ROOM * max(size for size in sizes if size is not None)


def _request_bytes(inputs: list[InputSize]) -> int | None:
    total = 0
    for shape, element_bytes in inputs:
        if element_bytes is None or -1 in shape:
            return None
        total += math.prod(shape) * element_bytes
    return total
