"""TensorProtos to arrays and back, each checked against the signature before a byte is allocated for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.signatures import TensorSpec
from tears.tfserving import tensors
from tears.tfserving.tensors import TensorError, dtype_name
from tears.tfserving.v1 import tensor_pb2

Array = npt.NDArray[Any]

# What one tensor may hold, whatever its shape claims: 64 MiB as float32, as much as one message.
MAX_ELEMENTS: Final = 16 * 1024 * 1024

# Little endian, as on the wire. By way of `str` because numpy has several types of one size, and LiteRT knows only
# the one that numpy itself would choose: `q` is a long long, `<i8` is an int64.
DTYPES: Final[Mapping[tensor_pb2.DataType, np.dtype[Any]]] = {
    data_type: np.dtype(np.dtype("<" + layout.code).str) for data_type, layout in tensors.LAYOUTS.items()
}
_DATA_TYPES: Final = {dtype: data_type for data_type, dtype in DTYPES.items()}


def data_type_of(dtype: npt.DTypeLike) -> tensor_pb2.DataType:
    """The wire's name of a numpy dtype; bytes and objects are strings.

    Raises:
        KeyError: There is none that is spoken here, as for complex numbers.
    """
    plain = np.dtype(dtype)
    return tensor_pb2.DT_STRING if plain.kind in "SO" else _DATA_TYPES[plain]


def decode(name: str, tensor: tensor_pb2.TensorProto, spec: TensorSpec) -> Array:
    """The elements of an input as an array of the signature's dtype and of the shape that was sent.

    From `tensor_content` the array is a read-only view of the message's bytes; typed fields are copied.

    Raises:
        InvalidArgumentError: dtype or shape do not fit the signature, the shape holds more than `MAX_ELEMENTS`, or
            the values do not fit the shape.
    """
    if tensor.dtype != spec.dtype:
        raise InvalidArgumentError(
            f"input {name}: the signature takes {dtype_name(spec.dtype)}, the request has {dtype_name(tensor.dtype)}"
        )
    try:
        shape = tensors.shape_of(tensor)
        return _elements(tensor, spec, shape).reshape(shape)
    except TensorError as error:
        raise InvalidArgumentError(f"input {name}: {error}") from error


def encode(array: Array) -> tensor_pb2.TensorProto:
    """The array in the typed field of its dtype, every element of it, as TF Serving replies."""
    dtype = data_type_of(array.dtype)
    tensor = tensor_pb2.TensorProto(dtype=dtype, tensor_shape=tensors.shape_proto(array.shape))
    flat = array.reshape(-1)
    if dtype == tensor_pb2.DT_STRING:
        tensor.string_val.extend(flat.tolist())
    elif dtype == tensor_pb2.DT_HALF:
        tensor.half_val.extend(flat.view(np.uint16).tolist())
    else:
        getattr(tensor, tensors.LAYOUTS[dtype].field).extend(flat.tolist())
    return tensor


def _elements(tensor: tensor_pb2.TensorProto, spec: TensorSpec, shape: tuple[int, ...]) -> Array:
    """All elements, one-dimensional."""
    if not spec.accepts(shape):
        raise TensorError(f"the signature takes shape {list(spec.shape)}, the request has {list(shape)}")
    count = tensors.element_count(shape, limit=MAX_ELEMENTS)
    if tensor.dtype == tensor_pb2.DT_STRING:
        return _strings(tensor, count)
    if tensor.tensor_content:
        return _view(tensor.tensor_content, DTYPES[tensor.dtype], count)
    return _repeat_last(_typed(tensor, count), count)


def _view(content: bytes, dtype: np.dtype[Any], count: int) -> Array:
    if len(content) != count * dtype.itemsize:
        raise TensorError(f"tensor_content has {len(content)} bytes; its shape needs {count * dtype.itemsize}")
    return np.frombuffer(content, dtype)


def _strings(tensor: tensor_pb2.TensorProto, count: int) -> Array:
    if tensor.tensor_content:
        raise TensorError("strings are taken from string_val only, not from tensor_content")
    _check_count("string_val", tensor.string_val, count)
    filled = list(tensor.string_val) + (list(tensor.string_val[-1:]) or [b""]) * (count - len(tensor.string_val))
    return np.array(filled, dtype=object)


def _typed(tensor: tensor_pb2.TensorProto, count: int) -> Array:
    """The values that the typed field holds, one-dimensional, at most `count` of them."""
    dtype, field = DTYPES[tensor.dtype], tensors.LAYOUTS[tensor.dtype].field
    values: Sequence[Any] = getattr(tensor, field)
    _check_count(field, values, count)
    if field in ("float_val", "double_val"):
        # A packed field of fixed width ends in its values' bytes: 30 times faster than one value after another.
        alone = tensor_pb2.TensorProto(**{field: values})  # type: ignore[arg-type]
        return np.frombuffer(alone.SerializeToString()[-len(values) * dtype.itemsize :], dtype, len(values))
    if field == "half_val":
        return _in_range(values, np.dtype(np.uint16)).view(dtype)
    return np.fromiter(values, dtype, len(values)) if field != "int_val" else _in_range(values, dtype)


def _in_range(values: Sequence[int], dtype: np.dtype[Any]) -> Array:
    """Values of a field that is wider than the dtype."""
    wide = np.fromiter(values, np.int64, len(values))
    narrow = wide.astype(dtype)
    if not np.array_equal(wide, narrow):
        raise TensorError(f"a value is out of the range of {dtype}")
    return narrow


def _check_count(field: str, values: Sequence[object], count: int) -> None:
    if len(values) > count:
        raise TensorError(f"{field} has {len(values)} values; its shape needs {count}")


def _repeat_last(values: Array, count: int) -> Array:
    """`values`, continued by the last of them, or by zero where there is none."""
    if len(values) == count:
        return values
    filled = np.full(count, values[-1] if len(values) else 0, values.dtype)
    filled[: len(values)] = values
    return filled
