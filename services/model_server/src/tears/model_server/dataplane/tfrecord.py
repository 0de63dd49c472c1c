"""TFRecord files: a length, its checksum, that many bytes, their checksum; and again."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from tears.model_server.engines.crc32c import crc32c
from tears.model_server.errors import DataLossError

_HEADER: Final = struct.Struct("<QI")
_FOOTER: Final = struct.Struct("<I")
_MASK_DELTA: Final = 0xA282EAD8


def read_records(path: Path) -> Iterator[bytes]:
    """The records of a file, one after another; holds one in memory.

    Raises:
        DataLossError: The file ends within a record, or a checksum does not fit.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        size_bytes = os.fstat(file.fileno()).st_size
        while (begins_at := file.tell()) < size_bytes:
            yield _read_record(file, path, begins_at, size_bytes)


def masked_crc(content: bytes) -> int:
    """The checksum as it stands in a file: turned, so that one taken over data with checksums in it is still good."""
    crc = crc32c(content)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def _read_record(file: BinaryIO, path: Path, begins_at: int, size_bytes: int) -> bytes:
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise DataLossError(f"truncated record at {begins_at} of {path}")
    length, length_crc = _HEADER.unpack(header)
    if masked_crc(header[:8]) != length_crc:
        raise DataLossError(f"corrupted record at {begins_at} of {path}")
    # The length is believed only as far as the file goes.
    if length + _FOOTER.size > size_bytes - file.tell():
        raise DataLossError(f"truncated record at {begins_at} of {path}")
    content = file.read(length)
    if (masked_crc(content),) != _FOOTER.unpack(file.read(_FOOTER.size)):
        raise DataLossError(f"corrupted record at {begins_at} of {path}")
    return content
