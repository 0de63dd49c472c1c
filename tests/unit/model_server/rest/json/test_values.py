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
    ("dtype", "fits", "too_large"),
    [
        ("float", [16_777_215, -16_777_215, 3.4028234e38], ["16777216", "-16777217", "1.7976931348623157e308"]),
        ("double", [9_007_199_254_740_991, 1.7976931348623157e308], ["9007199254740992", "18446744073709551615"]),
    ],
)
def test_numbers_that_would_lose_precision_are_refused(dtype: str, fits: list[float], too_large: list[str]) -> None:
    _, tensors = read(json.dumps({"instances": fits}), x=dtype)
    assert tensors["x"] == pytest.approx(fits, rel=1e-7)
    for number in too_large:
        assert f"to {dtype} without loss of precision." in refusal(f'{{"instances": [1, {number}]}}', x=dtype)


def test_half_floats_keep_their_range() -> None:
    assert decode_tensor("x", to_tensor([65_504, 0.5], tensor_pb2.DT_HALF), spec(tensor_pb2.DT_HALF)).tolist() == [
        65_504,
        0.5,
    ]
    with pytest.raises(InvalidArgumentError, match=r"Cannot convert JSON value: 70000.0 to half without loss"):
        to_tensor([70_000.0], tensor_pb2.DT_HALF)


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
