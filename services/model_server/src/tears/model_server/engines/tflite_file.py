"""Read from a TFLite file what the interpreter does not tell.

The FlatBuffer is read directly, because the generated reader of the whole schema has 20 000 lines and this needs seven
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
_MODEL_SIGNATURES: Final = 7
_METADATA_NAME: Final = 0
_METADATA_BUFFER: Final = 1
_BUFFER_DATA: Final = 0
_SIGNATURE_KEY: Final = 2
_SIGNATURE_SUBGRAPH: Final = 4


def signature_subgraphs(content: bytes) -> dict[str, int]:
    """Return the index of the subgraph that computes each signature in the file's table of signatures.

    Raises:
        LoadError: The table cannot be read.
    """
    subgraphs = {}
    try:
        for signature in _tables(content, _field(content, _offset(content, 0), _MODEL_SIGNATURES)):
            key = _field(content, signature, _SIGNATURE_KEY)
            subgraph = _field(content, signature, _SIGNATURE_SUBGRAPH)
            name = str(_vector(content, key), "utf-8") if key is not None else ""
            subgraphs[name] = _uint(content, subgraph) if subgraph is not None else 0
    except (struct.error, ValueError) as error:
        raise LoadError(f"its table of signatures cannot be read: {error}") from error
    return subgraphs


def signature_defs_metadata(content: bytes) -> dict[str, metadata_pb2.SignatureDef]:
    """Return the signatures in the metadata buffer, where converters wrote them before the format had a table for them.

    Returns:
        The signatures by name; empty if the file has no such buffer.

    Raises:
        LoadError: The buffer exists and cannot be read.
    """
    try:
        packed = _metadata_buffer(content, METADATA_NAME)
        return _unpack(packed) if packed else {}
    except (struct.error, LookupError, ValueError, TypeError, UnicodeDecodeError, DecodeError) as error:
        raise LoadError(f"its {METADATA_NAME} cannot be read: {error}") from error


def _unpack(packed: bytes) -> dict[str, metadata_pb2.SignatureDef]:
    """Read a FlexBuffer that maps names to serialised SignatureDefs."""
    from flatbuffers import flexbuffers  # noqa: PLC0415 - few files have such a buffer

    signatures = flexbuffers.GetRoot(packed).AsMap
    return {
        key.AsKey: metadata_pb2.SignatureDef.FromString(bytes(value.AsStringBytes))
        for key, value in zip(signatures.Keys, signatures.Values, strict=True)
    }


def _metadata_buffer(content: bytes, wanted: str) -> bytes:
    """Return the bytes of the metadata of that name; empty if there is none."""
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
    """Return the position to which the offset at `at` points."""
    return at + _uint(content, at)


def _field(content: bytes, table: int, number: int) -> int | None:
    """Return the position of a table's field; None if the field has its default."""
    (back,) = struct.unpack_from("<i", content, table)
    (size,) = struct.unpack_from("<H", content, table - back)
    slot = 4 + 2 * number
    if slot >= size:
        return None
    (distance,) = struct.unpack_from("<H", content, table - back + slot)
    return table + distance if distance else None


def _vector(content: bytes, field: int) -> bytes:
    """Return the bytes of a string or of a vector of bytes."""
    start = _offset(content, field)
    count = _uint(content, start)
    if start + 4 + count > len(content):
        raise ValueError(f"a vector of {count} bytes at {start} is longer than the file")
    return content[start + 4 : start + 4 + count]


def _tables(content: bytes, field: int | None) -> Iterator[int]:
    """Yield the position of each table of a vector of tables."""
    if field is None:
        return
    start = _offset(content, field)
    for index in range(_uint(content, start)):
        yield _offset(content, start + 4 + 4 * index)
