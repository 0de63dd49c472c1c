"""Convert TensorProtos to arrays and back; each is checked against the signature before memory is allocated for it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.wire.dtypes import FIELDS, data_type_of, numpy_dtype
from tears.model_server.wire.packed_numbers import packed_varints
from tears.model_server.wire.predict_view import TensorView
from tears.model_server.wire.protobuf_fields import LENGTH_DELIMITED_FIELD, write_varint
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.string_content import join_strings, split_strings
from tears.tfserving import tensors
from tears.tfserving.tensors import TensorError, dtype_name
from tears.tfserving.v1 import tensor_pb2

Array = npt.NDArray[Any]
Tensor = tensor_pb2.TensorProto | TensorView

# The bound on a tensor whose shape claims more elements than came: as much as one message.
MAX_FILLED_BYTES: Final = 64 * 1024 * 1024
# As many strings as a message may have fields: each is an object, however short.
MAX_STRINGS: Final = 1_000_000
STRING_OBJECT_BYTES: Final = 64

# How many elements are written at once: meanwhile a number may take 30 bytes more.
ELEMENTS_PER_WRITE: Final = 64 * 1024

# What one value of a typed field is on the wire, if all of them have the same size. A number below the limit is a
# varint of one byte.
_WIRE_DTYPES: Final[Mapping[str, np.dtype[Any]]] = {
    "float_val": np.dtype("<f4"),
    "double_val": np.dtype("<f8"),
    "scomplex_val": np.dtype("<f4"),
    "dcomplex_val": np.dtype("<f8"),
    "bool_val": np.dtype(np.uint8),
}
_VARINT_LIMIT: Final = 128

# Engines count sizes in 32 bits. In a shape that also has a size of 0, a larger one would pass every bound on elements.
MAX_DIMENSION: Final = 2**31 - 1


def decode_inputs(given: Mapping[str, Tensor], signature: Signature) -> dict[str, Array]:
    """Return a request's inputs as arrays, one for each input of the signature; a missing one has its default.

    Raises:
        InvalidArgumentError: An input is missing or unknown, or does not fit (see `decode_tensor`).
    """
    signature.check_inputs(given.keys())
    return {
        name: decode_tensor(name, given[name] if name in given else signature.defaults[name], spec)
        for name, spec in signature.inputs.items()
    }


def claimed_bytes(given: Mapping[str, Tensor]) -> int:
    """Return the memory that a request's inputs may take as arrays: one value may stand for any number of elements.

    Tensors that `decode_tensor` refuses count nothing.
    """
    return sum(map(_claimed_by, given.values()))


def decode_tensor(name: str, tensor: Tensor, spec: TensorSpec) -> Array:
    """Return an input as an array of the signature's dtype and of the shape that was sent.

    An array from `tensor_content` is a read-only view of those bytes; typed fields are copied.

    Raises:
        InvalidArgumentError: The dtype does not fit the signature; or the values do not fit the shape; or the shape
            holds more than came and more than `MAX_FILLED_BYTES`, or more than `MAX_STRINGS`; or copies of one string
            would fill it with more than `MAX_FILLED_BYTES`.
    """
    if tensor.dtype != spec.dtype:
        raise InvalidArgumentError(
            f"input {name}: the signature takes {dtype_name(spec.dtype)}, the request has {dtype_name(tensor.dtype)}"
        )
    try:
        shape = tensors.shape_of(tensor)  # type: ignore[arg-type]  # both have the one field that is read
        return _elements(tensor, shape).reshape(shape)
    except (TensorError, ValueError) as error:  # numpy's, for a shape that no array can have
        raise InvalidArgumentError(f"input {name}: {error}") from error


def encode_tensor(
    array: Array, *, as_content: bool = False, into: tensor_pb2.TensorProto | None = None
) -> tensor_pb2.TensorProto:
    """Return the array as a TensorProto, with every element.

    Args:
        array: Has a dtype that `data_type_of` knows.
        as_content: Whether the elements go into `tensor_content`, or into the typed field of their dtype, as TF Serving
            does by default.
        into: An empty message to fill; None makes a new one.
    """
    tensor = tensor_pb2.TensorProto() if into is None else into
    tensor.dtype = dtype = data_type_of(array.dtype)
    shape = tensor.tensor_shape
    shape.SetInParent()  # even if it has no sizes, as a scalar
    for size in array.shape:
        shape.dim.add(size=size)
    flat = array.reshape(-1)
    if dtype == tensor_pb2.DT_STRING:
        if as_content:
            tensor.tensor_content = join_strings(flat.tolist())
        else:
            tensor.string_val.extend(flat.tolist())
    elif as_content:
        tensor.tensor_content = flat.astype(numpy_dtype(dtype), copy=False).tobytes()
    else:
        field, as_stored = FIELDS[dtype]
        stored = flat.view(as_stored) if as_stored else flat
        for begin in range(0, len(stored), ELEMENTS_PER_WRITE):
            _append(tensor, field, stored[begin : begin + ELEMENTS_PER_WRITE])
    return tensor


def _append(tensor: tensor_pb2.TensorProto, field: str, values: Array) -> None:
    """Append values to a typed field.

    The bytes of a packed field are those of the array if all values have the same size on the wire. protobuf parses
    them 60 times faster than it takes Python's numbers. Varints that are written by numpy are up to four times faster.
    """
    wire = _WIRE_DTYPES.get(field)
    if wire is None and values.size and values.min() >= 0 and values.max() < _VARINT_LIMIT:
        wire = np.dtype(np.uint8)
    key = tensor.DESCRIPTOR.fields_by_name[field].number << 3 | LENGTH_DELIMITED_FIELD
    packed = packed_varints(values) if wire is None else values.astype(wire, copy=False).tobytes()
    tensor.MergeFromString(b"".join([write_varint(key), write_varint(len(packed)), packed]))


def _claimed_by(tensor: Tensor) -> int:
    is_string = tensor.dtype == tensor_pb2.DT_STRING
    if isinstance(tensor, TensorView) and not is_string:
        return len(tensor.tensor_content)  # in content, no element stands for others
    # Do not look at the content, which would copy it. No message holds more elements than bytes.
    came_bytes = len(tensor.tensor_content) if isinstance(tensor, TensorView) else tensor.ByteSize()
    try:
        shape = tensors.shape_of(tensor)  # type: ignore[arg-type]  # both have the one field that is read
        if not is_string:
            dtype = numpy_dtype(tensor.dtype)
            return _count(shape, dtype, came_bytes) * dtype.itemsize
        count = tensors.element_count(shape, limit=MAX_STRINGS)
        return count * STRING_OBJECT_BYTES + came_bytes + _repeated_bytes(tensor.string_val, count)
    except (KeyError, TensorError):
        return 0


def _count(shape: tuple[int, ...], dtype: np.dtype[Any], given: int) -> int:
    """Return the number of elements in a shape; the request holds `given` of them.

    Raises:
        TensorError: It is more than came, and more than `MAX_FILLED_BYTES`.
    """
    return tensors.element_count(shape, limit=max(given, MAX_FILLED_BYTES // dtype.itemsize))


def _repeated_bytes(strings: Sequence[bytes], count: int) -> int:
    """Return what the copies of the last string take that fill up a shape of `count` elements: engines copy each.

    Raises:
        TensorError: It is more than `MAX_FILLED_BYTES`.
    """
    repeated = max(0, count - len(strings)) * len(strings[-1]) if strings else 0
    if repeated > MAX_FILLED_BYTES:
        raise TensorError(
            f"a string of {len(strings[-1])} bytes that fills a shape of {count} elements is more than "
            f"{MAX_FILLED_BYTES} bytes; send fewer elements at a time"
        )
    return repeated


def _elements(tensor: Tensor, shape: tuple[int, ...]) -> Array:
    """Return all elements, one-dimensional."""
    if max(shape, default=0) > MAX_DIMENSION:
        raise TensorError(f"tensor shape {list(shape)} has a size above {MAX_DIMENSION}")
    try:
        dtype = numpy_dtype(tensor.dtype)
    except KeyError:
        raise TensorError(f"tensors of {dtype_name(tensor.dtype)} are not supported") from None
    # Read the field once: each read copies it.
    content = tensor.tensor_content
    if tensor.dtype == tensor_pb2.DT_STRING:
        count = tensors.element_count(shape, limit=MAX_STRINGS)
        values: list[bytes] = split_strings(bytes(content), count) if content else list(tensor.string_val)
        _check_count("string_val", len(values), count)
        _repeated_bytes(values, count)
        return _repeat_last(np.array(values, dtype=object), count, nothing=b"")
    if content:
        count = _count(shape, dtype, len(content) // dtype.itemsize)
        if len(content) != count * dtype.itemsize:
            raise TensorError(f"tensor_content has {len(content)} bytes; its shape needs {count * dtype.itemsize}")
        return np.frombuffer(content, dtype)
    count = _count(shape, dtype, len(getattr(tensor, FIELDS[tensor.dtype][0])))
    return _repeat_last(_typed(tensor, dtype, count), count, nothing=0)


def _typed(tensor: Tensor, dtype: np.dtype[Any], count: int) -> Array:
    """Return the values of the typed field, one-dimensional, at most `count` of them."""
    field, as_stored = FIELDS[tensor.dtype]
    # protobuf hands most fields over as one block, which is 100 times faster than one value after another.
    values: Array = np.asarray(getattr(tensor, field))
    if np.issubdtype(dtype, np.complexfloating):
        if len(values) % 2:
            raise TensorError(f"{field} has {len(values)} values; real and imaginary parts come in pairs")
        values = values.astype(as_stored, copy=False).view(dtype)
    elif field == "half_val":
        values = _in_range(values, np.dtype(np.uint16)).view(dtype)
    else:
        values = _in_range(values, dtype) if field == "int_val" else values.astype(dtype, copy=False)
    _check_count(field, len(values), count)
    return values


def _in_range(wide: Array, dtype: np.dtype[Any]) -> Array:
    """Return values from a field that is wider than the dtype."""
    narrow = wide.astype(dtype)
    if not np.array_equal(wide, narrow):
        raise TensorError(f"a value is out of range for {dtype}")
    return narrow


def _check_count(field: str, given: int, count: int) -> None:
    if given > count:
        raise TensorError(f"{field} has {given} values; its shape needs {count}")


def _repeat_last(values: Array, count: int, nothing: object) -> Array:
    """Return `count` values: `values`, then copies of the last of them, or of `nothing` if there are none."""
    if len(values) == count:
        return values
    filled = np.full(count, values[-1] if len(values) else nothing, values.dtype)
    filled[: len(values)] = values
    return filled
