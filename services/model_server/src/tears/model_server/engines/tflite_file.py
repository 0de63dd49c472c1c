"""Read from a TFLite file what the interpreter does not show.

The generated reader of the whole schema has 20 000 lines, and this needs seven fields. Their numbers are those of
LiteRT's `schema.fbs`.
"""

import struct
from collections.abc import Iterator
from typing import Final

from flatbuffers import flexbuffers, number_types
from flatbuffers.table import Table
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

_READ_ERRORS: Final = (struct.error, LookupError, ValueError, TypeError, DecodeError)


def signature_subgraphs(content: bytes) -> dict[str, int]:
    """Return the index of the subgraph that computes each signature in the file's table of signatures.

    Raises:
        LoadError: The table cannot be read.
    """
    try:
        return {
            str(_bytes(signature, _SIGNATURE_KEY), "utf-8"): _uint(signature, _SIGNATURE_SUBGRAPH)
            for signature in _tables(_model(content), _MODEL_SIGNATURES)
        }
    except _READ_ERRORS as error:
        raise LoadError(f"its table of signatures cannot be read: {error}") from error


def signature_defs_metadata(content: bytes) -> dict[str, metadata_pb2.SignatureDef]:
    """Return the signatures in the metadata buffer, where converters wrote them before the format had a table for them.

    The buffer is a FlexBuffer that maps names to serialised SignatureDefs. The result is empty for a file without it.

    Raises:
        LoadError: The buffer exists and cannot be read.
    """
    try:
        model = _model(content)
        for metadata in _tables(model, _MODEL_METADATA):
            if _bytes(metadata, _METADATA_NAME) == METADATA_NAME.encode():
                buffers = list(_tables(model, _MODEL_BUFFERS))
                packed = _bytes(buffers[_uint(metadata, _METADATA_BUFFER)], _BUFFER_DATA)
                return _signature_defs(packed) if packed else {}
    except _READ_ERRORS as error:
        raise LoadError(f"its {METADATA_NAME} cannot be read: {error}") from error
    return {}


def _signature_defs(packed: bytes) -> dict[str, metadata_pb2.SignatureDef]:
    signatures = flexbuffers.GetRoot(packed).AsMap
    return {
        key.AsKey: metadata_pb2.SignatureDef.FromString(bytes(value.AsStringBytes))
        for key, value in zip(signatures.Keys, signatures.Values, strict=True)
    }


def _model(content: bytes) -> Table:
    return Table(content, Table(content, 0).Indirect(0))


def _field(table: Table, number: int) -> int:
    """Return where a table's field begins, counted from the table; 0 if the field has its default."""
    begins_at: int = table.Offset(4 + 2 * number)
    return begins_at


def _uint(table: Table, number: int) -> int:
    field = _field(table, number)
    return table.Get(number_types.Uint32Flags, table.Pos + field) if field else 0


def _bytes(table: Table, number: int) -> bytes:
    """Return the bytes of a string or of a vector of bytes."""
    field = _field(table, number)
    return table.String(table.Pos + field) if field else b""


def _tables(table: Table, number: int) -> Iterator[Table]:
    """Yield each table of a vector of tables."""
    if field := _field(table, number):
        start = table.Vector(field)
        for index in range(table.VectorLen(field)):
            yield Table(table.Bytes, table.Indirect(start + 4 * index))
