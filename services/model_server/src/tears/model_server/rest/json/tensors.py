"""Convert a JSON value to a tensor. As in TF Serving, its first elements set the shape, which all others must have."""

import base64
import binascii
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

import numpy as np

from tears.model_server.errors import InvalidArgumentError, UnimplementedError
from tears.model_server.rest.json.text import shown, type_name
from tears.model_server.wire.dtypes import DTYPES
from tears.tfserving import tensors
from tears.tfserving.tensors import MAX_RANK, dtype_name
from tears.tfserving.v1 import tensor_pb2

BASE64_KEY: Final = "b64"

# What TF Serving's parser reads as an integer; it reads larger numbers as decimals.
INT64_LIMITS, UINT64_LIMITS = np.iinfo(np.int64), np.iinfo(np.uint64)


class RaggedError(Exception):
    """Raised when lists of one level differ in size, or a number stands beside a list."""


def to_tensor(value: Any, dtype: tensor_pb2.DataType) -> tensor_pb2.TensorProto:
    """Return a number, string or boolean, or nested lists of them, as a tensor.

    Raises:
        InvalidArgumentError: The lists are ragged, or a value does not fit the dtype; the wording is TF Serving's.
        UnimplementedError: JSON has no values for the dtype.
    """
    shape = dense_shape(value)
    try:
        return from_elements(flatten(value, shape), shape, dtype)
    except RaggedError:
        elements = list(walk(value, shape, dtype))
    return from_elements(elements, shape, dtype)


def dense_shape(value: Any) -> list[int]:
    """Return the size of a value's first list, of the first list in it, and so on; `[]` for a value that is not a list.

    Raises:
        InvalidArgumentError: It is nested deeper than a tensor may be.
    """
    shape: list[int] = []
    while type(value) is list:
        shape.append(len(value))
        if len(shape) > MAX_RANK:
            raise InvalidArgumentError(f"lists are nested in more than {MAX_RANK} levels, which no tensor has")
        if not value:
            break
        value = value[0]
    return shape


def flatten(value: Any, shape: list[int]) -> list[Any]:
    """Return the elements of nested lists, row by row; fast, because it works on a whole level at a time.

    Raises:
        RaggedError: They do not have the shape everywhere.
    """
    level = [value]
    for size in shape:
        if any(type(part) is not list or len(part) != size for part in level):
            raise RaggedError
        level = list(chain.from_iterable(level))
    if list in set(map(type, level)):
        raise RaggedError
    return level


def walk(value: Any, shape: list[int], dtype: tensor_pb2.DataType, level: int = 0) -> Iterator[Any]:
    """Return the same elements one after another; checks each, so that the first fault is the one that is reported.

    Raises:
        InvalidArgumentError: A list or an element does not fit the shape or the dtype.
        UnimplementedError: JSON has no values for the dtype.
    """
    if type(value) is not list:
        if level != len(shape):
            raise InvalidArgumentError(
                f"JSON Value: {shown(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {len(shape)}"
            )
        from_elements([value], [], dtype)
        yield value
        return
    if level >= len(shape):
        raise InvalidArgumentError(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise InvalidArgumentError(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    for part in value:
        yield from walk(part, shape, dtype, level + 1)


def from_elements(elements: list[Any], shape: list[int], dtype: tensor_pb2.DataType) -> tensor_pb2.TensorProto:
    """Return a tensor of elements, after a check of each.

    Raises:
        InvalidArgumentError: An element does not fit the dtype.
        UnimplementedError: JSON has no values for the dtype.
    """
    if dtype == tensor_pb2.DT_STRING:
        content = [_bytes_of(element) for element in elements]
        return tensor_pb2.TensorProto(dtype=dtype, tensor_shape=tensors.shape_proto(shape), string_val=content)
    kind = np.dtype(object) if dtype not in tensors.TENSOR_LAYOUTS else DTYPES[dtype]
    if kind.kind not in _ARRAY_MAKERS:
        raise UnimplementedError(f"Conversion of JSON Value: {shown(elements[:1])} to type: {name_of(dtype)}")
    return tensors.from_bytes(dtype, shape, _ARRAY_MAKERS[kind.kind](elements, dtype).tobytes())


def name_of(dtype: int) -> str:
    """Return `float` for DT_FLOAT, as TF Serving's errors name it."""
    return dtype_name(dtype).removeprefix("DT_").lower()


def is_base64(value: Any) -> bool:
    """Return whether it is `{"b64": "..."}`, a string of any bytes."""
    return type(value) is dict and len(value) == 1 and type(value.get(BASE64_KEY)) is str


def decode_base64(value: Any) -> bytes:
    """Return the bytes of `{"b64": "..."}`.

    Raises:
        InvalidArgumentError: It is something else, or the string is not base64.
    """
    if not is_base64(value):
        raise InvalidArgumentError(f"JSON Value: {shown(value)} not formatted correctly for base64 data")
    text = "".join(value[BASE64_KEY].split())
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidArgumentError("Unable to base64 decode") from error


def encode_text(text: str) -> bytes:
    """Return the bytes of a JSON string, as they were sent.

    Raises:
        InvalidArgumentError: It has half of a surrogate pair.
    """
    try:
        return text.encode("utf-8", errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise InvalidArgumentError("JSON Parse error: The surrogate pair in string is invalid.") from error


def _bytes_of(element: Any) -> bytes:
    if type(element) is str:
        return encode_text(element)
    if type(element) is dict:
        return decode_base64(element)
    raise _wrong_type(element, tensor_pb2.DT_STRING)


def _floats(elements: list[Any], dtype: tensor_pb2.DataType) -> np.ndarray[Any, np.dtype[Any]]:
    _check_types(elements, {int, float}, dtype)
    try:
        values = np.array(elements, np.float64)
    except OverflowError:
        raise InvalidArgumentError("JSON Parse error: Number too big to be stored in double.") from None
    # As in TF Serving since 2.5.1, numbers are rounded, and what is too large for the dtype is infinite.
    with np.errstate(over="ignore"):
        return values.astype(DTYPES[dtype])


def _integers(elements: list[Any], dtype: tensor_pb2.DataType) -> np.ndarray[Any, np.dtype[Any]]:
    _check_types(elements, {int}, dtype)
    limits = np.iinfo(DTYPES[dtype])
    if elements and not (limits.min <= min(elements) and max(elements) <= limits.max):
        raise _wrong_type(next(element for element in elements if not limits.min <= element <= limits.max), dtype)
    return np.array(elements, DTYPES[dtype])


def _booleans(elements: list[Any], dtype: tensor_pb2.DataType) -> np.ndarray[Any, np.dtype[Any]]:
    _check_types(elements, {bool}, dtype)
    return np.array(elements, DTYPES[dtype])


# By the dtype's kind in numpy.
_ARRAY_MAKERS: Final[dict[str, Callable[[list[Any], tensor_pb2.DataType], np.ndarray[Any, np.dtype[Any]]]]] = {
    "f": _floats,
    "i": _integers,
    "u": _integers,
    "b": _booleans,
}


def _check_types(elements: list[Any], wanted: set[type], dtype: tensor_pb2.DataType) -> None:
    """Check that the types of all elements are in `wanted`.

    Raises:
        InvalidArgumentError: An element has another type; the message names the first one.
    """
    if not set(map(type, elements)) <= wanted:
        raise _wrong_type(next(element for element in elements if type(element) not in wanted), dtype)


def _wrong_type(element: Any, dtype: int) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"JSON Value: {shown(element)} Type: {type_name(element)} is not of expected type: {name_of(dtype)}"
    )
