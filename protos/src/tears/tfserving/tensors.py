"""TensorProtos without numpy: build one from raw bytes, and read its shape and numbers safely.

A TensorProto cannot be trusted: a size may be negative, and one value may stand for more elements than memory can hold.
Every function that reads one checks its shape against a bound first.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, cast

from tears.tfserving.v1 import tensor_pb2

MAX_RANK: Final = 32  # more than any model has; numpy stops at 64


class TensorError(ValueError):
    """Raised when a TensorProto contradicts itself or asks for more than the reader allows."""


class TensorLayout(NamedTuple):
    """The form of one dtype on the wire: its code in `struct` and `numpy`, and the typed field that may hold it."""

    code: str
    field: str


# Booleans, integers and floats. Strings have no fixed size. In half_val, half floats travel as their bits.
TENSOR_LAYOUTS: Final[dict[tensor_pb2.DataType, TensorLayout]] = {
    tensor_pb2.DT_FLOAT: TensorLayout("f", "float_val"),
    tensor_pb2.DT_DOUBLE: TensorLayout("d", "double_val"),
    tensor_pb2.DT_INT32: TensorLayout("i", "int_val"),
    tensor_pb2.DT_UINT8: TensorLayout("B", "int_val"),
    tensor_pb2.DT_INT16: TensorLayout("h", "int_val"),
    tensor_pb2.DT_INT8: TensorLayout("b", "int_val"),
    tensor_pb2.DT_INT64: TensorLayout("q", "int64_val"),
    tensor_pb2.DT_BOOL: TensorLayout("?", "bool_val"),
    tensor_pb2.DT_UINT16: TensorLayout("H", "int_val"),
    tensor_pb2.DT_UINT32: TensorLayout("I", "uint32_val"),
    tensor_pb2.DT_UINT64: TensorLayout("Q", "uint64_val"),
    tensor_pb2.DT_HALF: TensorLayout("e", "half_val"),
}


def dtype_name(dtype: int) -> str:
    """Return `DT_FLOAT` for 1; a number without a name is returned as `DataType(...)`."""
    known = tensor_pb2.DataType.DESCRIPTOR.values_by_number.get(dtype)
    return known.name if known else f"DataType({dtype})"


def shape_text(shape: Iterable[int]) -> str:
    """Return a shape as TensorFlow's errors write it: `[2,3]`."""
    return f"[{','.join(map(str, shape))}]"


def shape_proto(shape: Iterable[int]) -> tensor_pb2.TensorShapeProto:
    """Return the message for a shape; -1 is an unknown size."""
    return tensor_pb2.TensorShapeProto(dim=[tensor_pb2.TensorShapeProto.Dim(size=size) for size in shape])


def from_bytes(dtype: tensor_pb2.DataType, shape: Sequence[int], content: bytes | memoryview) -> tensor_pb2.TensorProto:
    """Return a tensor whose elements are `content`, little endian, row by row: `array.astype("<f4").tobytes()`."""
    return tensor_pb2.TensorProto(dtype=dtype, tensor_shape=shape_proto(shape), tensor_content=bytes(content))


def shape_of(tensor: tensor_pb2.TensorProto) -> tuple[int, ...]:
    """Return the tensor's shape; `()` is a scalar.

    Raises:
        TensorError: The rank is unknown or above `MAX_RANK`, or a size is negative.
    """
    given = tensor.tensor_shape
    if given.unknown_rank:
        raise TensorError("tensor shape is unknown: a tensor needs a shape with every size given")
    if len(given.dim) > MAX_RANK:
        raise TensorError(f"tensor has {len(given.dim)} dimensions; at most {MAX_RANK} are accepted")
    shape = tuple([dim.size for dim in given.dim])
    if shape and min(shape) < 0:
        raise TensorError(f"tensor shape {list(shape)} has a negative size")
    return shape


def element_count(shape: Sequence[int], *, limit: int) -> int:
    """Return the number of elements in a shape, whose sizes are >= 0.

    Raises:
        TensorError: It is above `limit`.
    """
    if 0 in shape:
        return 0
    count = 1
    for size in shape:
        count *= size
        if count > limit:
            raise TensorError(f"tensor shape {list(shape)} holds more than {limit} elements")
    return count


def numbers(tensor: tensor_pb2.TensorProto, *, limit: int = 1_000_000) -> list[float]:
    """Return the elements of a numeric tensor, row by row, from content or typed field; for replies and small tensors.

    In a typed field the last value stands for all that are missing; if there is none, zero does.

    Raises:
        TensorError: The dtype is not numeric; or the shape is invalid, holds more than `limit` elements, or does not
            fit the content.
    """
    layout = TENSOR_LAYOUTS.get(tensor.dtype)
    if layout is None:
        raise TensorError(f"tensor of {dtype_name(tensor.dtype)} has no numbers")
    count = element_count(shape_of(tensor), limit=limit)
    if tensor.tensor_content:
        packed = struct.Struct(f"<{count}{layout.code}")
        if len(tensor.tensor_content) != packed.size:
            raise TensorError(f"tensor_content has {len(tensor.tensor_content)} bytes; its shape needs {packed.size}")
        return list(packed.unpack(tensor.tensor_content))
    if tensor.dtype == tensor_pb2.DT_HALF:
        values = [_half(bits) for bits in tensor.half_val]
    else:
        values = list(cast("Iterable[float]", getattr(tensor, layout.field)))
    if len(values) > count:
        raise TensorError(f"{layout.field} has {len(values)} values; its shape needs {count}")
    return values + (values[-1:] or [0]) * (count - len(values))


def _half(bits: int) -> float:
    """Return the value of a half float's bits."""
    (value,) = struct.unpack("<e", struct.pack("<H", bits & 0xFFFF))
    return cast("float", value)
