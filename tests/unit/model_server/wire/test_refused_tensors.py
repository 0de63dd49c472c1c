"""Tensors that contradict themselves, do not fit the signature or ask for too much memory."""

import sys
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from unit.model_server.wire.tensor_makers import any_size, typed

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.wire.dtypes import data_type_of, numpy_dtype
from tears.model_server.wire.signatures import TensorSpec
from tears.model_server.wire.tensors import (
    MAX_FILLED_BYTES,
    MAX_STRINGS,
    STRING_OBJECT_BYTES,
    claimed_bytes,
    decode_tensor,
)
from tears.tfserving import tensors
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.tensor_pb2 import DataType, TensorProto

DIMENSIONS = st.lists(st.integers(0, 5), max_size=4).map(tuple)


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
        "scomplex_val": st.lists(st.floats(width=32), max_size=4),
        "dcomplex_val": st.lists(st.floats(), max_size=4),
        "tensor_content": st.binary(max_size=32),
    },
)
SIZES = st.one_of(st.integers(0, 4), st.integers(-(2**63), 2**63 - 1))


WAVEFORM = TensorSpec("serving_default_waveform:0", tensor_pb2.DT_FLOAT, (1, 4))


@given(st.integers(0, 25), st.lists(SIZES, max_size=40), TYPED_FIELDS, st.none() | st.integers(0, 3))
def test_any_tensor_becomes_a_small_array_or_an_invalid_argument(
    dtype: Any, shape: list[int], fields: dict[str, Any], rank: int | None
) -> None:
    try:
        array = decode_tensor(
            "t", typed(dtype, shape, **fields), TensorSpec("t", dtype, None if rank is None else (-1,) * rank)
        )
    except InvalidArgumentError:
        return
    assert list(array.shape) == shape
    assert array.nbytes <= MAX_FILLED_BYTES
    assert data_type_of(array.dtype) == dtype


@given(st.binary(max_size=200))
def test_random_bytes_that_parse_give_at_worst_an_invalid_argument(noise: bytes) -> None:
    try:
        tensor = TensorProto.FromString(noise)
    except DecodeError:
        return
    for dtype in (tensor_pb2.DT_FLOAT, tensor_pb2.DT_INT8, tensor_pb2.DT_STRING):
        tensor.dtype = dtype
        try:
            decode_tensor("t", tensor, any_size(dtype, 1))
        except InvalidArgumentError:
            continue


@pytest.mark.parametrize(
    ("tensor", "complaint"),
    [
        (typed(tensor_pb2.DT_DOUBLE, [1, 4], double_val=[1]), "takes DT_FLOAT, the request has DT_DOUBLE"),
        (TensorProto(), "takes DT_FLOAT, the request has DT_INVALID"),
        (typed(tensor_pb2.DT_FLOAT, [1, -4], float_val=[1]), "negative size"),
        (typed(tensor_pb2.DT_FLOAT, [1, 4], float_val=[1] * 5), "float_val has 5 values; its shape needs 4"),
        (typed(tensor_pb2.DT_FLOAT, [1, 4], tensor_content=b"1234"), "tensor_content has 4 bytes; its shape needs 16"),
        (TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_shape={"unknown_rank": True}), "shape is unknown"),
    ],
)
def test_a_tensor_that_does_not_fit_the_signature_is_refused_by_name(tensor: TensorProto, complaint: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"^input waveform: .*{complaint}"):
        decode_tensor("waveform", tensor, WAVEFORM)


def test_a_single_value_cannot_ask_for_more_memory_than_the_bound() -> None:
    shape = [MAX_FILLED_BYTES // 8 + 1, 2]
    with pytest.raises(InvalidArgumentError, match="more than 16777216 elements"):
        decode_tensor("t", typed(tensor_pb2.DT_FLOAT, shape, float_val=[1]), any_size(tensor_pb2.DT_FLOAT, 2))


@pytest.mark.parametrize(("dtype", "value"), [(tensor_pb2.DT_UINT8, 256), (tensor_pb2.DT_INT16, -32769)])
def test_a_value_out_of_range_for_the_dtype_is_refused_and_not_wrapped(dtype: DataType, value: int) -> None:
    with pytest.raises(InvalidArgumentError, match="out of range"):
        decode_tensor("t", typed(dtype, [1], int_val=[value]), any_size(dtype, 1))


@pytest.mark.parametrize(
    ("content", "count", "complaint"),
    [
        (b"\x01a", 2, "tensor_content has 2 bytes"),
        (b"\x02a", 1, "its 1 strings need 3"),
        (b"\x00", 2, "the bytes end inside a number"),
        (b"\xff" * 11, 1, "a number has too many bytes"),
    ],
)
def test_strings_that_are_missing_in_their_content_are_refused(content: bytes, count: int, complaint: str) -> None:
    tensor = typed(tensor_pb2.DT_STRING, [count], tensor_content=content)
    with pytest.raises(InvalidArgumentError, match=complaint):
        decode_tensor("t", tensor, any_size(tensor_pb2.DT_STRING, 1))


def test_a_wide_dtype_is_bounded_by_its_bytes() -> None:
    shape = [MAX_FILLED_BYTES // 16 + 1]
    with pytest.raises(InvalidArgumentError, match="more than 4194304 elements"):
        decode_tensor(
            "t", typed(tensor_pb2.DT_COMPLEX128, shape, dcomplex_val=[1, 0]), any_size(tensor_pb2.DT_COMPLEX128, 1)
        )


@pytest.mark.parametrize("dtype", [tensor_pb2.DT_UINT8, tensor_pb2.DT_FLOAT])
def test_a_tensor_that_is_sent_in_full_is_bounded_only_by_its_message(dtype: DataType) -> None:
    content = bytes(MAX_FILLED_BYTES + 4)
    count = len(content) // numpy_dtype(dtype).itemsize
    tensor = typed(dtype, [count], tensor_content=content)
    assert decode_tensor("t", tensor, any_size(dtype, 1)).nbytes == len(content)
    assert len(content) <= claimed_bytes({"t": tensor}) < len(content) + 8


def test_strings_are_bounded_by_number_and_counted_with_their_memory() -> None:
    for fields in ({"tensor_content": bytes(MAX_STRINGS + 1)}, {"string_val": [b""]}):
        tensor = typed(tensor_pb2.DT_STRING, [MAX_STRINGS + 1], **fields)
        with pytest.raises(InvalidArgumentError, match="more than 1000000 elements"):
            decode_tensor("t", tensor, any_size(tensor_pb2.DT_STRING, 1))
    content = b"\2" * 1000 + b"ab" * 1000
    tensor = typed(tensor_pb2.DT_STRING, [1000], tensor_content=content)
    strings = decode_tensor("t", tensor, any_size(tensor_pb2.DT_STRING, 1))
    assert sum(map(sys.getsizeof, strings.tolist())) < claimed_bytes({"t": tensor}) < 80 * 1000


def test_a_size_too_large_for_engines_is_refused_even_without_elements() -> None:
    with pytest.raises(InvalidArgumentError, match="has a size above 2147483647"):
        decode_tensor("t", typed(tensor_pb2.DT_FLOAT, [0, 2**31]), any_size(tensor_pb2.DT_FLOAT, 2))


def test_an_empty_shape_whose_other_sizes_overflow_is_refused() -> None:
    tensor = typed(tensor_pb2.DT_FLOAT, [0, 1_320_807, 1_321_124, 1_321_438])
    with pytest.raises(InvalidArgumentError, match=r"input t: .*too big"):
        decode_tensor("t", tensor, any_size(tensor_pb2.DT_FLOAT, 4))


def test_half_a_complex_number_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="come in pairs"):
        decode_tensor(
            "t", typed(tensor_pb2.DT_COMPLEX64, [2], scomplex_val=[1, 2, 3]), any_size(tensor_pb2.DT_COMPLEX64, 1)
        )


def test_a_dtype_that_is_not_supported_is_refused_by_name() -> None:
    with pytest.raises(InvalidArgumentError, match="tensors of DT_RESOURCE are not supported"):
        decode_tensor("t", typed(tensor_pb2.DT_RESOURCE, [1]), any_size(tensor_pb2.DT_RESOURCE, 1))


def test_another_shape_than_the_signatures_is_left_to_the_engine() -> None:
    tensor = typed(tensor_pb2.DT_FLOAT, [2, 3], float_val=[1])
    assert decode_tensor("t", tensor, TensorSpec("t", tensor_pb2.DT_FLOAT, (1, 1))).shape == (2, 3)
    assert decode_tensor("t", tensor, TensorSpec("t", tensor_pb2.DT_FLOAT, None)).shape == (2, 3)


def test_a_tensor_claims_what_its_shape_takes_or_nothing_if_it_will_be_refused() -> None:
    claims = {
        "one value for all": typed(tensor_pb2.DT_FLOAT, [1000, 1000], float_val=[1]),
        "strings": typed(tensor_pb2.DT_STRING, [1000], string_val=[b"one", b"x" * 50]),
        "content": tensors.from_bytes(tensor_pb2.DT_INT16, [3], bytes(6)),
    }
    came = claims["strings"].ByteSize()
    assert claimed_bytes(claims) == 4_000_000 + STRING_OBJECT_BYTES * 1000 + 998 * 50 + came + 6
    refused = {
        "too much": typed(tensor_pb2.DT_FLOAT, [2**40], float_val=[1]),
        "negative": typed(tensor_pb2.DT_FLOAT, [-1], float_val=[1]),
        "unknown": typed(tensor_pb2.DT_RESOURCE, [9]),
        "long strings": typed(tensor_pb2.DT_STRING, [2100], string_val=[bytes(1024 * 1024)]),
    }
    assert claimed_bytes(refused) == 0


def test_a_long_string_does_not_fill_more_memory_than_a_tensor_may_have() -> None:
    tensor = typed(tensor_pb2.DT_STRING, [2100], string_val=[bytes(1024 * 1024)])
    with pytest.raises(InvalidArgumentError, match="input t: a string of 1048576 bytes that fills a shape of 2100"):
        decode_tensor("t", tensor, any_size(tensor_pb2.DT_STRING, 1))
