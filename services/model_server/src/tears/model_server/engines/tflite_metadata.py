"""Signatures in a TFLite file's metadata buffer, where converters wrote them before the format had a table for them.

Read straight from the FlatBuffer: the generated reader of the whole schema is 20 000 lines, of which this needs four
fields. The layout is that of flatbuffers.dev/internals and of LiteRT's `schema.fbs`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from google.protobuf.message import DecodeError

from tears.model_server.errors import LoadError
from tears.tfserving.v1 import metadata_pb2

METADATA_NAME: Final = "signature_defs_metadata"

# Numbers of fields in the schema.
_MODEL_BUFFERS: Final = 4
_MODEL_METADATA: Final = 6
_METADATA_NAME: Final = 0
_METADATA_BUFFER: Final = 1
_BUFFER_DATA: Final = 0


def signature_defs_metadata(content: bytes) -> dict[str, metadata_pb2.SignatureDef]:
    """The signatures by name; none where the file has no such buffer.

    Raises:
        LoadError: The buffer is there and cannot be read.
    """
    try:
        packed = _metadata_buffer(content, METADATA_NAME)
        return _unpack(packed) if packed else {}
    except (struct.error, LookupError, ValueError, TypeError, UnicodeDecodeError, DecodeError) as error:
        raise LoadError(f"its {METADATA_NAME} cannot be read: {error}") from error


def _unpack(packed: bytes) -> dict[str, metadata_pb2.SignatureDef]:
    """A FlexBuffer's map of strings, each of which is a serialised SignatureDef."""
    from flatbuffers import flexbuffers  # noqa: PLC0415 - few files have such a buffer

    signatures = flexbuffers.GetRoot(packed).AsMap
    return {
        key.AsKey: metadata_pb2.SignatureDef.FromString(bytes(value.AsStringBytes))
        for key, value in zip(signatures.Keys, signatures.Values, strict=True)
    }


def _metadata_buffer(content: bytes, wanted: str) -> bytes:
    """The bytes of the metadata of that name; empty where there is none."""
    model = _offset(content, 0)
    for metadata in _tables(content, _field(content, model, _MODEL_METADATA)):
        name = _field(content, metadata, _METADATA_NAME)
        if name is None or _vector(content, name) != wanted.encode():
            continue
        number_at = _field(content, metadata, _METADATA_BUFFER)
        number = _uint(content, number_at) if number_at is not None else 0
        buffer = list(_tables(content, _field(content, model, _MODEL_BUFFERS)))[number]
        data = _field(content, buffer, _BUFFER_DATA)
        return _vector(content, data) if data is not None else b""
    return b""


def _uint(content: bytes, at: int) -> int:
    number: int
    (number,) = struct.unpack_from("<I", content, at)
    return number


def _offset(content: bytes, at: int) -> int:
    """Where the thing begins that the offset at `at` points to."""
    return at + _uint(content, at)


def _field(content: bytes, table: int, number: int) -> int | None:
    """Where a table's field begins; None where it has its default."""
    (back,) = struct.unpack_from("<i", content, table)
    (size,) = struct.unpack_from("<H", content, table - back)
    slot = 4 + 2 * number
    if slot >= size:
        return None
    (distance,) = struct.unpack_from("<H", content, table - back + slot)
    return table + distance if distance else None


def _vector(content: bytes, field: int) -> bytes:
    """The bytes of a string or a vector of bytes."""
    start = _offset(content, field)
    count = _uint(content, start)
    if start + 4 + count > len(content):
        raise ValueError(f"a vector of {count} bytes at {start} is longer than the file")
    return content[start + 4 : start + 4 + count]


def _tables(content: bytes, field: int | None) -> Iterator[int]:
    """Where each table of a vector of tables begins."""
    if field is None:
        return
    start = _offset(content, field)
    for index in range(_uint(content, start)):
        yield _offset(content, start + 4 + 4 * index)
