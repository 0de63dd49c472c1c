"""Write TFRecord files."""

import struct
from collections.abc import Iterable
from pathlib import Path

from tears.model_server.warmup.replay import WARMUP_FILE
from tears.model_server.warmup.tfrecord import masked_crc


def record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + struct.pack("<I", masked_crc(length)) + content + struct.pack("<I", masked_crc(content))


def write_records(path: Path, contents: Iterable[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(record, contents)))
    return path


def write_warmup(folder: Path, contents: Iterable[bytes]) -> Path:
    """Write warm-up requests into a version's folder."""
    return write_records(folder / WARMUP_FILE, contents)
