"""JSON values as tensors: numbers, bytes and strings."""

import base64
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.model_server.rest.json.reading import read, refusal, spec

from tears.model_server.errors import InvalidArgumentError, UnimplementedError
from tears.model_server.rest.json.predict import tensors_in
from tears.model_server.rest.json.tensors import to_tensor
from tears.model_server.rest.json.text import parse_object
from tears.model_server.wire.tensors import decode_tensor
from tears.tfserving.v1 import tensor_pb2


@pytest.mark.parametrize(
    ("dtype", "number", "read_as"),
    [
        ("float", "16777217", 16_777_216.0),
        ("float", "-16777217", -16_777_216.0),
        ("float", "1700000000123", float(np.float32(1_700_000_000_123))),
        ("float", "18446744073709551615", 2.0**64),
        ("float", "0.1", float(np.float32(0.1))),
        ("float", "1e39", math.inf),
        ("float", "-1.7976931348623157e308", -math.inf),
        ("double", "9007199254740993", 9_007_199_254_740_992.0),
        ("double", "18446744073709551615", 2.0**64),
        ("double", "1.7976931348623157e308", 1.7976931348623157e308),
    ],
)
def test_numbers_are_rounded_to_the_dtype_of_the_input(dtype: str, number: str, read_as: float) -> None:
    assert read(f'{{"instances": [1, {number}]}}', x=dtype)[1]["x"] == [1.0, read_as]


def test_half_floats_are_rounded_too() -> None:
    tensor = to_tensor([65_504, 0.5, 2049, 70_000.0], tensor_pb2.DT_HALF)
    assert decode_tensor("x", tensor, spec(tensor_pb2.DT_HALF)).tolist() == [65_504, 0.5, 2048, math.inf]


def test_an_integer_beyond_64_bits_is_a_decimal() -> None:
    assert read('{"instances": [18446744073709551616]}', x="float")[1]["x"] == [2.0**64]


def test_integers_keep_the_range_of_their_dtype() -> None:
    for dtype, largest in ((tensor_pb2.DT_UINT8, 2**8), (tensor_pb2.DT_INT64, 2**63), (tensor_pb2.DT_UINT64, 2**64)):
        tensor = to_tensor([largest - 1, 0], dtype)
        assert decode_tensor("x", tensor, spec(dtype)).tolist() == [largest - 1, 0]
        with pytest.raises(InvalidArgumentError, match=f"JSON Value: {largest} Type: Number is not of expected type"):
            to_tensor([largest], dtype)


def test_a_dtype_that_json_has_no_values_for_is_unimplemented() -> None:
    with pytest.raises(UnimplementedError, match="to type: complex64"):
        to_tensor([1], tensor_pb2.DT_COMPLEX64)


def test_a_string_that_is_not_base64_is_refused() -> None:
    assert refusal('{"instances": [{"b64": "%%"}]}', x="str").endswith("Unable to base64 decode")
    assert "not formatted correctly for base64 data" in refusal('{"inputs": [[{"b64": 5}]]}', x="str")
    assert "not formatted correctly for base64 data" in refusal('{"inputs": [{"b64": "", "c": 1}]}', x="str")


def test_bytes_that_are_not_utf_8_pass_through() -> None:
    assert read(b'{"instances": ["a\xff\x00"]}'.replace(b"\x00", b""), x="str")[1]["x"] == [b"a\xff"]


def test_half_a_surrogate_pair_is_refused() -> None:
    assert "The surrogate pair in string is invalid." in refusal('{"instances": ["\\ud800"]}', x="str")


SHAPES = st.lists(st.integers(0, 4), max_size=4)


@st.composite
def arrays(draw: st.DrawFn) -> tuple[tensor_pb2.DataType, np.ndarray[Any, Any]]:
    """Draw an array of any dtype that JSON has, in which only the last size may be 0."""
    dtype, elements = draw(
        st.sampled_from(
            [
                (tensor_pb2.DT_FLOAT, st.floats(width=32, allow_nan=False)),
                (tensor_pb2.DT_DOUBLE, st.floats(allow_nan=False)),
                (tensor_pb2.DT_INT8, st.integers(-(2**7), 2**7 - 1)),
                (tensor_pb2.DT_INT64, st.integers(-(2**63), 2**63 - 1)),
                (tensor_pb2.DT_UINT32, st.integers(0, 2**32 - 1)),
                (tensor_pb2.DT_BOOL, st.booleans()),
            ]
        )
    )
    shape = draw(st.lists(st.integers(1, 3), max_size=3)) + draw(st.lists(st.integers(0, 3), max_size=1))
    size = math.prod(shape)
    values: list[Any] = draw(st.lists(elements, min_size=size, max_size=size))
    return dtype, np.array(values, object).reshape(shape)


@settings(deadline=None)
@given(arrays())
def test_any_array_survives_the_way_through_json(sent: tuple[tensor_pb2.DataType, np.ndarray[Any, Any]]) -> None:
    dtype, array = sent
    document = parse_object(json.dumps({"inputs": array.tolist()}).encode())
    (tensor,) = tensors_in(document, {"x": spec(dtype)})[1].values()
    received = decode_tensor("x", tensor, spec(dtype))
    assert received.tolist() == array.tolist()
    assert received.shape == array.shape


@settings(deadline=None)
@given(st.lists(st.binary(), min_size=1))
def test_any_bytes_survive_the_way_through_json(sent: list[bytes]) -> None:
    body = json.dumps({"instances": [{"b64": base64.b64encode(each).decode()} for each in sent]})
    assert read(body, x="str")[1]["x"] == sent
