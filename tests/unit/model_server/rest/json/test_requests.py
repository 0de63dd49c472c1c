"""JSON to tensors, as TF Serving reads it: every rule, and its words where one is broken."""

from __future__ import annotations

import base64
import contextlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tears.model_server.errors import InvalidArgumentError, ModelServerError, UnimplementedError
from tears.model_server.rest.json.predict import BodyLayout, signature_name_in, tensors_in
from tears.model_server.rest.json.tensors import to_tensor
from tears.model_server.rest.json.text import MAX_JSON_BYTES, MAX_SHOWN_CHARACTERS, estimate_json_bytes, parse_object
from tears.model_server.wire.signatures import TensorSpec
from tears.model_server.wire.tensors import decode_tensor
from tears.tfserving.v1 import tensor_pb2

DTYPES = {
    "float": tensor_pb2.DT_FLOAT,
    "double": tensor_pb2.DT_DOUBLE,
    "int": tensor_pb2.DT_INT32,
    "str": tensor_pb2.DT_STRING,
    "bool": tensor_pb2.DT_BOOL,
}


def spec(dtype: tensor_pb2.DataType) -> TensorSpec:
    return TensorSpec("t:0", dtype, None)


def read(body: str | bytes, **inputs: str) -> tuple[BodyLayout, dict[str, Any]]:
    """The layout, and each input as nested lists; `inputs` are names and the keys of `DTYPES`."""
    specs = {name: spec(DTYPES[dtype]) for name, dtype in inputs.items()}
    document = parse_object(body.encode() if isinstance(body, str) else body)
    layout, tensors = tensors_in(document, specs)
    return layout, {name: decode_tensor(name, tensor, specs[name]).tolist() for name, tensor in tensors.items()}


def refusal(body: str | bytes, **inputs: str) -> str:
    with pytest.raises(InvalidArgumentError) as refused:
        read(body, **inputs)
    return str(refused.value)


@pytest.mark.parametrize(
    ("body", "dtype", "rows"),
    [
        ('{"instances": [[1,2],[3,4],[5,6]]}', "int", [[1, 2], [3, 4], [5, 6]]),
        ('{"instances": [1, 2.0, 3, 0.5]}', "float", [1.0, 2.0, 3.0, 0.5]),
        ('{"instances": [1.0, 2, 0.662, 0]}', "double", [1.0, 2.0, 0.662, 0.0]),
        ('{"instances": [{"x": [1]}, {"x": [2]}]}', "int", [[1], [2]]),
        ('{"instances": [[true], [false]]}', "bool", [[True], [False]]),
        ('{"instances": ["a", {"b64": "aGVsbG8="}]}', "str", [b"a", b"hello"]),
        ('{"instances": [{"b64": "aGVsbG8="}, {"b64": "d29ybGQ"}]}', "str", [b"hello", b"world"]),
        ('{"instances": [[{"b64": "aGVs bG8="}]]}', "str", [[b"hello"]]),
        ('{"instances": [{"x": [[{"b64": "aGVsbG8="}], ["w"]]}]}', "str", [[[b"hello"], [b"w"]]]),
        ('{"instances": [{"x": {"b64": "aGVsbG8="}}]}', "str", [b"hello"]),
        ('{"instances": [[], []]}', "float", [[], []]),
        ('{"instances": [9]}', "float", [9.0]),
        ('\ufeff{"instances": [1]}', "int", [1]),
    ],
)
def test_instances_become_one_batch(body: str, dtype: str, rows: object) -> None:
    assert read(body, x=dtype) == (BodyLayout.ROWS, {"x": rows})


def test_nan_and_infinities_are_numbers() -> None:
    _, tensors = read('{"instances": [NaN, Infinity, -Infinity, 1.5]}', x="float")
    assert math.isnan(tensors["x"][0])
    assert tensors["x"][1:] == [math.inf, -math.inf, 1.5]


def test_instances_of_several_inputs_are_objects() -> None:
    body = """{"signature_name": "s", "instances": [
        {"i": [[1,2],[3,4]], "s": ["foo", "bar"], "f": [1.0, 2]},
        {"f": [2.0, 4.5], "s": ["baz", "bat"], "i": [[7,8],[9,0]]}]}"""
    assert read(body, i="int", s="str", f="float") == (
        BodyLayout.ROWS,
        {
            "i": [[[1, 2], [3, 4]], [[7, 8], [9, 0]]],
            "s": [[b"foo", b"bar"], [b"baz", b"bat"]],
            "f": [[1.0, 2.0], [2.0, 4.5]],
        },
    )
    assert signature_name_in(json.loads(body)) == "s"


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ('{"inputs": [[[1,2],[3,4]]]}', [[[1, 2], [3, 4]]]),
        ('{"inputs": {"x": [[[1,2],[3,4]]]}}', [[[1, 2], [3, 4]]]),
        ('{"inputs": 5}', 5),
        ('{"inputs": {"x": 5, "what nobody asked for": []}}', 5),
        ('{"inputs": []}', []),
    ],
)
def test_inputs_are_tensors_as_they_stand(body: str, values: object) -> None:
    assert read(body, x="int") == (BodyLayout.COLUMNS, {"x": values})


def test_inputs_may_be_several_and_scalars_and_bytes() -> None:
    body = '{"inputs": {"i": [[[1,2],[3,4]]], "s": ["foo", "bar"], "b": {"b64": "aGVsbG8="}}}'
    assert read(body, i="int", s="str", b="str")[1] == {"i": [[[1, 2], [3, 4]]], "s": [b"foo", b"bar"], "b": b"hello"}
    assert read('{"inputs": {"b64": "aGVsbG8="}}', s="str")[1] == {"s": b"hello"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "JSON Parse error: The document is empty"),
        (" \n", "JSON Parse error: The document is empty"),
        ("instances = [1, 2]", "JSON Parse error: Invalid value. at offset: 0"),
        ('{"instances": [1}', "JSON Parse error: Missing a comma or a closing bracket. at offset: 16"),
        ('{"instances": [1]} X', "JSON Parse error: The document root must not be followed by other values. at offset"),
        ("{1: 2}", "JSON Parse error: Missing a name for object member. at offset: 1"),
        ('{"instances" [1]}', "JSON Parse error: Missing a colon after a name of object member. at offset: 13"),
        ('{"instances": ["a]}', "JSON Parse error: Missing a closing quotation mark in string. at offset: "),
        ('{"instances": [1e999]}', "JSON Parse error: Number too big to be stored in double."),
        ('{"instances": [' + "9" * 5000 + "]}", "JSON Parse error: Number too big to be stored in double."),
        ('{"instances": ' + "[" * 100_000, "JSON Parse error: arrays or objects are nested too deeply"),
        ("[1, 2]", "JSON Value: [\n    1,\n    2\n] Is not object"),
        ("5", "JSON Value: 5 Is not object"),
        ("{}", "Missing 'inputs' or 'instances' key"),
        ('{"instances": [[1]], "inputs": [[1]]}', "Not formatted correctly expecting only one of 'inputs'"),
        ('{"instances": 5}', "Excepting 'instances' to be an list/array"),
        ('{"instances": []}', "No values in 'instances' array"),
        ('{"instances": [[1,2],[3,4],[5,6,7]]}', "Expecting tensor size: 2 but got: 3"),
        ('{"instances": [[1,2],[3,4],[[5,6]]]}', "Expecting shape [2] but got: [1,2]"),
        ('{"instances": [1, [1]]}', "Expecting shape [] but got: [1]"),
        ('{"instances": [[1,[2]]]}', "Encountered list at unexpected level: 1 expected < 1"),
        ('{"instances": [[[1],2]]}', "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
        ('{"instances": [[[1],[2,3]]]}', "Encountered list at unexpected size: 2 at level: 1 expected size: 1"),
        ('{"instances": [[1,2],["a", "b"]]}', 'JSON Value: "a" Type: String is not of expected type: int32'),
        ('{"instances": [1.5]}', "JSON Value: 1.5 Type: Number is not of expected type: int32"),
        ('{"instances": [3000000000]}', "JSON Value: 3000000000 Type: Number is not of expected type: int32"),
        ('{"instances": [null]}', "JSON Value: null Type: Null is not of expected type: int32"),
        ('{"instances": [true]}', "JSON Value: true Type: True is not of expected type: int32"),
        ('{"instances": [{"x": {"b64": "aGVsbG8="}}]}', "Type: Object is not of expected type: int32"),
        ('{"instances": [{"x": [1]}, [2]]}', "Expecting object but got list at item 1 of input list"),
        ('{"instances": [[1], {"x": [1]}]}', "Expecting value/list but got object at item 1 of input list"),
        ('{"instances": [{"y": 1}]}', "JSON object: does not have named input: y"),
        ('{"instances": [{}]}', "element: 0 of 'instances' list. JSON object: {} keys must be equal to: x"),
        ('{"inputs": {"y": 1}}', "Missing named input: x in 'inputs' object."),
        ('{"inputs": [[1],[2,3]]}', "Encountered list at unexpected size: 2 at level: 1 expected size: 1"),
        ('{"inputs": ' + "[" * 40 + "]" * 40 + "}", "lists are nested in more than 32 levels"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_tf_servings_words(body: str, says: str) -> None:
    assert says in refusal(body, x="int")


def test_a_fault_in_an_instance_names_the_instance_and_the_input() -> None:
    assert refusal('{"instances": [1, "a"]}', x="int") == (
        "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
        'JSON Value: "a" Type: String is not of expected type: int32'
    )
    assert refusal('{"instances": [{"x": 1}, {"x": "a"}]}', x="int").startswith(
        "Failed to process element: 1 key: x of 'instances' list. Error: INVALID_ARGUMENT: JSON Value"
    )


def test_several_inputs_want_objects() -> None:
    assert refusal('{"instances": [[1]]}', x="int", y="int").startswith("instances is a plain list, but expecting list")
    assert refusal('{"inputs": [[1]]}', x="int", y="int").startswith("inputs is a plain value/list, but expecting an")
    body = '{"instances": [{"x": [[1,2]], "y": ["a"]}, {"x": [[[1,2]]], "y": ["b"]}]}'
    assert "Expecting shape [1,2] but got: [1,1,2]" in refusal(body, x="int", y="str")
    body = '{"instances": [{"x": 1, "y": 2}, {"x": 1}]}'
    assert "keys must be equal to: x,y" in refusal(body, x="int", y="int")


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


def test_base64_that_is_none_is_refused() -> None:
    assert refusal('{"instances": [{"b64": "%%"}]}', x="str").endswith("Unable to base64 decode")
    assert "not formatted correctly for base64 data" in refusal('{"inputs": [[{"b64": 5}]]}', x="str")
    assert "not formatted correctly for base64 data" in refusal('{"inputs": [{"b64": "", "c": 1}]}', x="str")


def test_a_signature_name_is_a_string() -> None:
    assert signature_name_in({}) == ""
    with pytest.raises(InvalidArgumentError, match="'signature_name' key must be a string value"):
        signature_name_in({"signature_name": 100})
    with pytest.raises(InvalidArgumentError, match="'signature_name' key must be a string value"):
        signature_name_in({"signature_name": "\udc80"})


def test_an_error_shows_a_long_value_only_in_part() -> None:
    says = refusal(json.dumps({"instances": "x" * 1_000_000}), x="int")
    assert len(says) < MAX_SHOWN_CHARACTERS + 100


def test_bytes_that_are_no_utf_8_pass_through() -> None:
    assert read(b'{"instances": ["a\xff\x00"]}'.replace(b"\x00", b""), x="str")[1]["x"] == [b"a\xff"]


def test_half_a_surrogate_pair_is_no_string() -> None:
    assert "The surrogate pair in string is invalid." in refusal('{"instances": ["\\ud800"]}', x="str")


SHAPES = st.lists(st.integers(0, 4), max_size=4)


@st.composite
def arrays(draw: st.DrawFn) -> tuple[tensor_pb2.DataType, np.ndarray[Any, Any]]:
    """An array of any dtype that JSON has, and of any shape without an empty size but the last."""
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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["x", "y", "b64"]), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["instances", "inputs", "signature_name"]), JSON),
    st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(sorted(DTYPES)), min_size=1),
)
def test_any_json_is_read_or_refused(document: Mapping[str, Any], inputs: dict[str, str]) -> None:
    body = json.dumps(document)
    with contextlib.suppress(ModelServerError):
        signature_name_in(parse_object(body.encode()))
        read(body, **inputs)


@pytest.mark.parametrize("item", [b"[]", b"[1]", b"{}", b'{"x":1}', b"1"])
def test_a_body_that_would_grow_when_it_is_parsed_is_refused_before(item: bytes) -> None:
    few, many = (b'{"instances":[' + (item + b",") * times + item + b"]}" for times in (10_000, 5_000_000))
    assert 10_000 * 32 < estimate_json_bytes(few) < 10_000 * 600
    with pytest.raises(InvalidArgumentError, match=f"would take more than {MAX_JSON_BYTES} bytes"):
        estimate_json_bytes(many)


def test_a_minute_of_sound_is_not_too_much_however_many_digits_it_is_written_with() -> None:
    assert estimate_json_bytes(b'{"instances":[[' + b"-0.12345678901234567," * 60 * 22_050 + b"0]]}") < MAX_JSON_BYTES
