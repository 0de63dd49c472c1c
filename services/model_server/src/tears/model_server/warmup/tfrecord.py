"""Read TFRecord files: each record is a length, the length's checksum, the content and the content's checksum."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import google_crc32c

from tears.model_server.errors import DataLossError

_RECORD_HEADER: Final = struct.Struct("<QI")
_RECORD_FOOTER: Final = struct.Struct("<I")
_MASK_DELTA: Final = 0xA282EAD8


class RecordError(DataLossError):
    """Raised when a file is not a TFRecord file, or is damaged."""


def read_records(path: Path) -> Iterator[bytes]:
    """Yield the records of a file in order, holding one of them in memory at a time.

    Raises:
        RecordError: The file ends within a record, or a checksum is wrong.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        size_bytes = os.fstat(file.fileno()).st_size
        while (begins_at := file.tell()) < size_bytes:
            yield _read_record(file, path, begins_at, size_bytes)


def masked_crc(content: bytes) -> int:
    """Return the CRC-32C of `content` in the form in which the file holds it.

    The format rotates the checksum and adds a constant, so that a checksum over data that contains checksums still
    detects errors.
    """
    crc: int = google_crc32c.value(content)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def _read_record(file: BinaryIO, path: Path, begins_at: int, size_bytes: int) -> bytes:
    header = file.read(_RECORD_HEADER.size)
    if len(header) < _RECORD_HEADER.size:
        raise RecordError(f"truncated record at {begins_at} of {path}")
    length, length_crc = _RECORD_HEADER.unpack(header)
    if masked_crc(header[:8]) != length_crc:
        raise RecordError(f"corrupted record at {begins_at} of {path}")
    # A length that reaches beyond the end of the file must not decide how much memory is allocated.
    if length + _RECORD_FOOTER.size > size_bytes - file.tell():
        raise RecordError(f"truncated record at {begins_at} of {path}")
    content = file.read(length)
    if (masked_crc(content),) != _RECORD_FOOTER.unpack(file.read(_RECORD_FOOTER.size)):
        raise RecordError(f"corrupted record at {begins_at} of {path}")
    return content
