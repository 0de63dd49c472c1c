"""The codec between TensorProtos and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.signatures import TensorSpec
from tears.model_server.tensors import DTYPES, MAX_ELEMENTS, Array, data_type_of, decode, encode
from tears.tfserving import tensors
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.tensor_pb2 import DataType, TensorProto

FLOATS = {tensor_pb2.DT_FLOAT, tensor_pb2.DT_DOUBLE, tensor_pb2.DT_HALF}
DIMENSIONS = st.lists(st.integers(0, 5), max_size=4).map(tuple)


def any_size(dtype: DataType, rank: int) -> TensorSpec:
    return TensorSpec("t", dtype, (-1,) * rank)


def typed(dtype: DataType, shape: list[int], **values: Any) -> TensorProto:
    return TensorProto(dtype=dtype, tensor_shape=tensors.shape_proto(shape), **values)


def bits(array: Array) -> bytes:
    return array.tobytes() if array.dtype != object else repr(array.tolist()).encode()


@given(st.data(), st.sampled_from(sorted(DTYPES)), DIMENSIONS)
def test_numbers_survive_both_ways_of_travelling_bit_by_bit(
    data: st.DataObject, dtype: DataType, shape: tuple[int, ...]
) -> None:
    # Any NaN would do, but a narrower float must not change on its way through a wider field.
    sent = data.draw(arrays.arrays(DTYPES[dtype], shape, elements={"allow_nan": False} if dtype in FLOATS else None))
    spec = any_size(dtype, len(shape))
    assert bits(decode("t", encode(sent), spec)) == bits(sent)
    received = decode("t", tensors.from_bytes(dtype, shape, sent.tobytes()), spec)
    assert (bits(received), received.shape, received.dtype) == (bits(sent), shape, sent.dtype)


@given(st.lists(st.binary(max_size=8), max_size=6))
def test_strings_survive(words: list[bytes]) -> None:
    sent = np.array(words, dtype=object)
    assert decode("t", encode(sent), any_size(tensor_pb2.DT_STRING, 1)).tolist() == words


def test_nan_and_infinity_survive() -> None:
    sent = np.array([np.nan, np.inf, -np.inf], np.float32)
    received = decode("t", encode(sent), any_size(tensor_pb2.DT_FLOAT, 1))
    np.testing.assert_array_equal(received, sent)


TYPED_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "float_val": st.lists(st.floats(width=32), max_size=4),
        "double_val": st.lists(st.floats(), max_size=4),
        "int_val": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
        "int64_val": st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4),
        "uint32_val": st.lists(st.integers(0, 2**32 - 1), max_size=4),
        "uint64_val": st.lists(st.integers(0, 2**64 - 1), max_size=4),
        "half_val": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
        "bool_val": st.lists(st.booleans(), max_size=4),
        "string_val": st.lists(st.binary(max_size=3), max_size=4),
        "tensor_content": st.binary(max_size=32),
    },
)
SIZES = st.one_of(st.integers(0, 4), st.integers(-(2**63), 2**63 - 1))


@given(st.integers(0, 25), st.lists(SIZES, max_size=40), TYPED_FIELDS, st.integers(0, 3))
def test_whatever_is_sent_becomes_a_small_array_or_an_invalid_argument(
    dtype: Any, shape: list[int], fields: dict[str, Any], rank: int
) -> None:
    wanted = dtype if dtype in DTYPES else tensor_pb2.DT_STRING
    try:
        array = decode("t", typed(dtype, shape, **fields), any_size(wanted, rank))
    except InvalidArgumentError:
        return
    assert list(array.shape) == shape
    assert array.size <= MAX_ELEMENTS
    assert data_type_of(array.dtype) == dtype


@given(st.binary(max_size=200))
def test_random_bytes_that_parse_never_do_worse_than_an_invalid_argument(noise: bytes) -> None:
    try:
        tensor = TensorProto.FromString(noise)
    except DecodeError:
        return
    for dtype in (tensor_pb2.DT_FLOAT, tensor_pb2.DT_INT8, tensor_pb2.DT_STRING):
        tensor.dtype = dtype
        try:
            decode("t", tensor, any_size(dtype, 1))
        except InvalidArgumentError:
            continue


def test_of_several_types_of_one_size_the_one_is_chosen_that_numpy_itself_chooses() -> None:
    # LiteRT knows no other, though all of them compare equal.
    for dtype in DTYPES.values():
        assert dtype.num == np.zeros(1, dtype.name).dtype.num


def test_content_is_not_copied() -> None:
    tensor = tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, 3], np.arange(3, dtype="<f4").tobytes())
    array = decode("t", tensor, any_size(tensor_pb2.DT_FLOAT, 2))
    assert not array.flags.owndata
    assert not array.flags.writeable


@pytest.mark.parametrize(
    ("dtype", "field", "sent", "meant"),
    [
        (tensor_pb2.DT_FLOAT, "float_val", [1.5, 2.5], [1.5, 2.5, 2.5, 2.5]),
        (tensor_pb2.DT_FLOAT, "float_val", [7.0], [7.0] * 4),
        (tensor_pb2.DT_DOUBLE, "double_val", [0.1, 0.2, 0.3], [0.1, 0.2, 0.3, 0.3]),
        (tensor_pb2.DT_INT8, "int_val", [-128], [-128] * 4),
        (tensor_pb2.DT_INT64, "int64_val", [2**63 - 1, -1], [2**63 - 1, -1, -1, -1]),
        (tensor_pb2.DT_BOOL, "bool_val", [True, False], [True, False, False, False]),
        (tensor_pb2.DT_HALF, "half_val", [0x3C00], [1.0] * 4),
        (tensor_pb2.DT_STRING, "string_val", [b"a", b"b"], [b"a", b"b", b"b", b"b"]),
        (tensor_pb2.DT_FLOAT, "float_val", [], [0.0] * 4),
        (tensor_pb2.DT_STRING, "string_val", [], [b""] * 4),
    ],
)
def test_the_last_value_fills_the_shape(dtype: DataType, field: str, sent: list[Any], meant: list[Any]) -> None:
    tensor = typed(dtype, [2, 2], **{field: sent})
    assert decode("t", tensor, any_size(dtype, 2)).reshape(-1).tolist() == meant


WAVEFORM = TensorSpec("serving_default_waveform:0", tensor_pb2.DT_FLOAT, (1, 4))


@pytest.mark.parametrize(
    ("tensor", "complaint"),
    [
        (typed(tensor_pb2.DT_DOUBLE, [1, 4], double_val=[1]), "takes DT_FLOAT, the request has DT_DOUBLE"),
        (TensorProto(), "takes DT_FLOAT, the request has DT_INVALID"),
        (typed(tensor_pb2.DT_FLOAT, [4], float_val=[1]), r"takes shape \[1, 4\], the request has \[4\]"),
        (typed(tensor_pb2.DT_FLOAT, [1, 5], float_val=[1]), r"takes shape \[1, 4\], the request has \[1, 5\]"),
        (typed(tensor_pb2.DT_FLOAT, [1, -4], float_val=[1]), "negative size"),
        (typed(tensor_pb2.DT_FLOAT, [1, 4], float_val=[1] * 5), "float_val has 5 values; its shape needs 4"),
        (typed(tensor_pb2.DT_FLOAT, [1, 4], tensor_content=b"1234"), "tensor_content has 4 bytes; its shape needs 16"),
        (TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_shape={"unknown_rank": True}), "shape is unknown"),
    ],
)
def test_a_tensor_that_does_not_fit_the_signature_is_refused_by_name(tensor: TensorProto, complaint: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"^input waveform: .*{complaint}"):
        decode("waveform", tensor, WAVEFORM)


def test_a_single_value_cannot_ask_for_more_memory_than_the_bound() -> None:
    shape = [MAX_ELEMENTS // 2 + 1, 2]
    with pytest.raises(InvalidArgumentError, match="more than 16777216 elements"):
        decode("t", typed(tensor_pb2.DT_FLOAT, shape, float_val=[1]), any_size(tensor_pb2.DT_FLOAT, 2))


@pytest.mark.parametrize(("dtype", "value"), [(tensor_pb2.DT_UINT8, 256), (tensor_pb2.DT_INT16, -32769)])
def test_a_value_outside_the_dtype_is_refused_not_wrapped(dtype: DataType, value: int) -> None:
    with pytest.raises(InvalidArgumentError, match="out of the range"):
        decode("t", typed(dtype, [1], int_val=[value]), any_size(dtype, 1))


def test_strings_in_content_are_refused() -> None:
    tensor = typed(tensor_pb2.DT_STRING, [1], tensor_content=b"\x01a")
    with pytest.raises(InvalidArgumentError, match="string_val only"):
        decode("t", tensor, any_size(tensor_pb2.DT_STRING, 1))
