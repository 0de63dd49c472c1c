"""Read from a TFLite file what the interpreter does not show.

The generated reader of the whole schema has 20 000 lines, and this needs a dozen fields. Their numbers are those of
LiteRT's `schema.fbs`.
"""

import mmap
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
_MODEL_SUBGRAPHS: Final = 2
_MODEL_BUFFERS: Final = 4
_MODEL_METADATA: Final = 6
_MODEL_SIGNATURES: Final = 7
_METADATA_NAME: Final = 0
_METADATA_BUFFER: Final = 1
_BUFFER_DATA: Final = 0
_SIGNATURE_KEY: Final = 2
_SIGNATURE_SUBGRAPH: Final = 4
_SUBGRAPH_TENSORS: Final = 0
_SUBGRAPH_INPUTS: Final = 1
_TENSOR_SHAPE: Final = 0
_TENSOR_TYPE: Final = 1
_TENSOR_SHAPE_SIGNATURE: Final = 7

# By the number of a tensor's type: the most bytes that a request has for one element, as content or in a typed field,
# where a negative integer takes ten. Strings, which may have any length, are not listed.
_ELEMENT_BYTES: Final = {0: 4, 1: 3, 2: 10, 3: 2, 4: 10, 6: 1, 7: 10, 8: 8, 9: 10, 10: 8, 11: 16, 12: 10, 15: 5, 16: 3}

# An input's shape, in which -1 is any size, and the bytes of one element; None if that may have any length.
InputSize = tuple[list[int], int | None]

READ_ERRORS: Final = (struct.error, LookupError, ValueError, TypeError, DecodeError)


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
    except READ_ERRORS as error:
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
    except READ_ERRORS as error:
        raise LoadError(f"its {METADATA_NAME} cannot be read: {error}") from error
    return {}


def input_sizes(content: bytes | mmap.mmap) -> list[list[InputSize]]:
    """Return the inputs of each signature in the file's table; none for an older file, which takes any shape.

    Raises:
        struct.error, LookupError, ValueError, TypeError: The file is damaged; see `READ_ERRORS`.
    """
    model = _model(content)
    subgraphs = list(_tables(model, _MODEL_SUBGRAPHS))
    return [
        _inputs_of(subgraphs[_uint(signature, _SIGNATURE_SUBGRAPH)]) for signature in _tables(model, _MODEL_SIGNATURES)
    ]


def _inputs_of(subgraph: Table) -> list[InputSize]:
    tensors = list(_tables(subgraph, _SUBGRAPH_TENSORS))
    found = []
    for index in _ints(subgraph, _SUBGRAPH_INPUTS):
        tensor = tensors[index]
        shape = _ints(tensor, _TENSOR_SHAPE_SIGNATURE) or _ints(tensor, _TENSOR_SHAPE)
        at = _field(tensor, _TENSOR_TYPE)
        kind = tensor.Get(number_types.Int8Flags, tensor.Pos + at) if at else 0
        found.append((shape, _ELEMENT_BYTES.get(kind)))
    return found


def _signature_defs(packed: bytes) -> dict[str, metadata_pb2.SignatureDef]:
    signatures = flexbuffers.GetRoot(packed).AsMap
    return {
        key.AsKey: metadata_pb2.SignatureDef.FromString(bytes(value.AsStringBytes))
        for key, value in zip(signatures.Keys, signatures.Values, strict=True)
    }


def _model(content: bytes | mmap.mmap) -> Table:
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


def _ints(table: Table, number: int) -> list[int]:
    """Return a vector of 32-bit integers."""
    field = _field(table, number)
    if not field:
        return []
    start = table.Vector(field)
    return [table.Get(number_types.Int32Flags, start + 4 * index) for index in range(table.VectorLen(field))]


def _tables(table: Table, number: int) -> Iterator[Table]:
    """Yield each table of a vector of tables."""
    if field := _field(table, number):
        start = table.Vector(field)
        for index in range(table.VectorLen(field)):
            yield Table(table.Bytes, table.Indirect(start + 4 * index))
