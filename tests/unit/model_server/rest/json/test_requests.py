"""JSON to tensors, with TF Serving's rules and its errors."""

import contextlib
import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.model_server.rest.json.reading import DTYPES, read, refusal

from tears.model_server.errors import InvalidArgumentError, ModelServerError
from tears.model_server.rest.json.predict import BodyLayout, signature_name_in
from tears.model_server.rest.json.text import MAX_JSON_BYTES, MAX_SHOWN_CHARACTERS, estimate_json_bytes, parse_object


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
    _, tensors = read('{"instances": [NaN, -NaN, Infinity, -Infinity, Inf, -Inf, 1.5]}', x="float")
    assert all(math.isnan(number) for number in tensors["x"][:2])
    assert tensors["x"][2:] == [math.inf, -math.inf, math.inf, -math.inf, 1.5]


def test_the_names_of_infinities_are_text_inside_of_strings() -> None:
    body = r'{"inputs": {"s": ["-Inf", "-NaN", "\\", "\"Inf"], "f": -Inf}}'
    assert read(body, s="str", f="float")[1] == {"s": [b"-Inf", b"-NaN", b"\\", b'"Inf'], "f": -math.inf}


@pytest.mark.parametrize("rest", ['\\"', '"\\', '\\"a', '"', "\\", "-Na", "Infi"])
@pytest.mark.parametrize("begins", ["Inf", '"', 'Inf, "'])
def test_a_large_body_with_constants_and_strings_that_do_not_end_is_read_once(begins: str, rest: str) -> None:
    assert refusal('{"instances": [Inf, ' + begins + rest * 500_000, x="float").startswith("JSON Parse error: ")


@pytest.mark.parametrize("rest", [b"\0", b"\n\0\0", b" X", b"]}", b'{"instances": [2]}', b"\n\n", b"\xff"])
def test_what_follows_the_document_is_ignored(rest: bytes) -> None:
    assert read(b'{"instances": [1]}' + rest, x="int")[1] == {"x": [1]}


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ('{"instances": [1], "instances": [2]}', [1]),
        ('{"inputs": {"x": 1, "x": 2}}', 1),
        ('{"instances": [{"x": 1, "x": 2}, {"x": 3}]}', [1, 3]),
        ('{"other": [[{"a": 1, "b": 2}]], "inputs": 5, "inputs": 6}', 5),
        ('{"other": "a:b", "inputs": 5}', 5),
    ],
)
def test_the_first_of_two_members_with_one_name_counts(body: str, values: object) -> None:
    assert read(body, x="int")[1] == {"x": values}


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
def test_inputs_become_tensors_without_a_batch(body: str, values: object) -> None:
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
        (' \n{"instances": [1}', "JSON Parse error: Missing a comma or a closing bracket. at offset: 18"),
        ("\0", "JSON Parse error: The document is empty"),
        ('{"instances": [Infi]}', "JSON Parse error: Invalid value. at offset: 15"),
        ("{1: 2}", "JSON Parse error: Missing a name for object member. at offset: 1"),
        ('{"instances" [1]}', "JSON Parse error: Missing a colon after a name of object member. at offset: 13"),
        ('{"instances": ["a]}', "JSON Parse error: Missing a closing quotation mark in string. at offset: "),
        ('{"instances": [1e999]}', "JSON Parse error: Number too big to be stored in double."),
        ('{"instances": [' + "9" * 5000 + "]}", "JSON Parse error: Number too big to be stored in double."),
        ('{"instances": ' + "[" * 100_000, "JSON Parse error: arrays or objects are nested too deeply"),
        ("[1, 2]", "JSON Value: [1,2] Is not object"),
        ("5", "JSON Value: 5 Is not object"),
        ("{}", "Missing 'inputs' or 'instances' key"),
        ('{"instances": [[1]], "inputs": [[1]]}', "Not formatted correctly expecting only one of 'inputs'"),
        ('{"instances": 5}', 'JSON Value: {"instances":5} Expecting \'instances\' to be an list/array'),
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
def test_errors_have_tf_servings_wording(body: str, says: str) -> None:
    assert says in refusal(body, x="int")


def test_a_fault_in_an_instance_names_the_instance_and_the_input() -> None:
    assert refusal('{"instances": [1, "a"]}', x="int") == (
        "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
        'JSON Value: "a" Type: String is not of expected type: int32'
    )
    assert refusal('{"instances": [{"x": 1}, {"x": "a"}]}', x="int").startswith(
        "Failed to process element: 1 key: x of 'instances' list. Error: INVALID_ARGUMENT: JSON Value"
    )


def test_several_inputs_must_be_objects() -> None:
    assert refusal('{"instances": [[1]]}', x="int", y="int").startswith("instances is a plain list, but expecting list")
    assert refusal('{"inputs": [[1]]}', x="int", y="int").startswith("inputs is a plain value/list, but expecting an")
    body = '{"instances": [{"x": [[1,2]], "y": ["a"]}, {"x": [[[1,2]]], "y": ["b"]}]}'
    assert "Expecting shape [1,2] but got: [1,1,2]" in refusal(body, x="int", y="str")
    body = '{"instances": [{"x": 1, "y": 2}, {"x": 1}]}'
    assert "keys must be equal to: x,y" in refusal(body, x="int", y="int")


def test_a_signature_name_is_a_string() -> None:
    assert signature_name_in({}) == ""
    with pytest.raises(InvalidArgumentError, match="'signature_name' key must be a string value"):
        signature_name_in({"signature_name": 100})
    with pytest.raises(InvalidArgumentError, match="'signature_name' key must be a string value"):
        signature_name_in({"signature_name": "\udc80"})


def test_an_error_shows_a_long_value_only_in_part() -> None:
    says = refusal(json.dumps({"instances": "x" * 1_000_000}), x="int")
    assert len(says) < MAX_SHOWN_CHARACTERS + 100


@pytest.mark.parametrize("dtype", ["int", "float", "str"])
def test_lists_that_are_nested_in_more_than_256_levels_are_refused(dtype: str) -> None:
    lists = "[" * 257 + "]" * 257
    assert "levels" in refusal(f'{{"instances": [{lists}]}}', x=dtype)
    assert "levels" in refusal(f'{{"inputs": {{"x": {lists}}}}}', x=dtype)


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
def test_a_body_that_would_take_too_much_memory_is_refused_unparsed(item: bytes) -> None:
    few, many = (b'{"instances":[' + (item + b",") * times + item + b"]}" for times in (10_000, 5_000_000))
    assert 10_000 * 32 < estimate_json_bytes(few) < 10_000 * 600
    with pytest.raises(InvalidArgumentError, match=f"would take more than {MAX_JSON_BYTES} bytes"):
        estimate_json_bytes(many)


def test_a_minute_of_sound_is_not_too_much_however_many_digits_it_is_written_with() -> None:
    assert estimate_json_bytes(b'{"instances":[[' + b"-0.12345678901234567," * 60 * 22_050 + b"0]]}") < MAX_JSON_BYTES
