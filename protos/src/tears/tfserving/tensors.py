"""TensorProtos without numpy: building one from raw bytes, and reading one's shape and numbers safely.

A TensorProto is a claim by whoever sent it: its shape may be negative, or ask for more elements than memory has
while a single value stands for them all. Whatever reads one here checks the claim against a bound first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, cast

from tears.tfserving.v1 import tensor_pb2

MAX_RANK: Final = 32  # more than any model has; numpy stops at 64


class TensorError(ValueError):
    """Raised when a TensorProto contradicts itself or asks for more than the reader allows."""


class Layout(NamedTuple):
    """How one dtype travels: its code in `struct` and `numpy`, and the typed field that may hold it."""

    code: str
    field: str


# bool, integers and floats of whole bytes. Strings have no fixed size, and half floats travel as bits in half_val.
LAYOUTS: Final[dict[tensor_pb2.DataType, Layout]] = {
    tensor_pb2.DT_FLOAT: Layout("f", "float_val"),
    tensor_pb2.DT_DOUBLE: Layout("d", "double_val"),
    tensor_pb2.DT_INT32: Layout("i", "int_val"),
    tensor_pb2.DT_UINT8: Layout("B", "int_val"),
    tensor_pb2.DT_INT16: Layout("h", "int_val"),
    tensor_pb2.DT_INT8: Layout("b", "int_val"),
    tensor_pb2.DT_INT64: Layout("q", "int64_val"),
    tensor_pb2.DT_BOOL: Layout("?", "bool_val"),
    tensor_pb2.DT_UINT16: Layout("H", "int_val"),
    tensor_pb2.DT_UINT32: Layout("I", "uint32_val"),
    tensor_pb2.DT_UINT64: Layout("Q", "uint64_val"),
    tensor_pb2.DT_HALF: Layout("e", "half_val"),
}


def dtype_name(dtype: int) -> str:
    """`DT_FLOAT` for 1; a number that has no name here is shown as it came."""
    known = tensor_pb2.DataType.DESCRIPTOR.values_by_number.get(dtype)
    return known.name if known else f"DataType({dtype})"


def shape_proto(shape: Iterable[int]) -> tensor_pb2.TensorShapeProto:
    """The message for a shape; -1 is an unknown size."""
    return tensor_pb2.TensorShapeProto(dim=[tensor_pb2.TensorShapeProto.Dim(size=size) for size in shape])


def from_bytes(dtype: tensor_pb2.DataType, shape: Sequence[int], content: bytes) -> tensor_pb2.TensorProto:
    """A tensor whose elements are `content`, little endian, row by row: `array.astype("<f4").tobytes()`."""
    return tensor_pb2.TensorProto(dtype=dtype, tensor_shape=shape_proto(shape), tensor_content=content)


def shape_of(tensor: tensor_pb2.TensorProto) -> tuple[int, ...]:
    """The tensor's shape; `()` is a scalar.

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
    """The number of elements that a shape of sizes >= 0 holds.

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
    """The elements of a numeric tensor, row by row, whichever way they travel; for replies and small tensors.

    In a typed field the last value stands for all that are missing, and zero does where there is none.

    Raises:
        TensorError: The dtype is no number, the shape is not one, holds more than `limit` elements, or does not fit
            the content.
    """
    layout = LAYOUTS.get(tensor.dtype)
    if layout is None:
        raise TensorError(f"tensor of {dtype_name(tensor.dtype)} has no numbers to read")
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
    """The value of a half float's bits."""
    (value,) = struct.unpack("<e", struct.pack("<H", bits & 0xFFFF))
    return cast("float", value)
