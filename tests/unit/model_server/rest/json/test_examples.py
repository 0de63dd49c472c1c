"""JSON to tf.Examples, with TF Serving's rules and its errors."""

import contextlib
import json
import math
from typing import Any

import pytest
from google.protobuf.text_format import Parse
from hypothesis import given, settings
from hypothesis import strategies as st

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.rest.json.examples import examples_in
from tears.model_server.rest.json.text import parse_object
from tears.tfserving.v1.input_pb2 import Input


def read(body: str) -> Input:
    return examples_in(parse_object(body.encode()))


def test_a_features_first_value_decides_its_kind() -> None:
    assert read(
        """{"examples": [
            {"names": ["foo", {"b64": "aGVsbG8="}], "ratings": [8.0, 9.5], "age": 20},
            {"names": "baz", "ratings": 6.0, "mixed": [1, true, false]},
            {}]}"""
    ) == Parse(
        """example_list {
          examples { features {
            feature { key: "names" value { bytes_list { value: "foo" value: "hello" } } }
            feature { key: "ratings" value { float_list { value: 8 value: 9.5 } } }
            feature { key: "age" value { int64_list { value: 20 } } } } }
          examples { features {
            feature { key: "names" value { bytes_list { value: "baz" } } }
            feature { key: "ratings" value { float_list { value: 6 } } }
            feature { key: "mixed" value { int64_list { value: 1 value: 1 value: 0 } } } } }
          examples { }
        }""",
        Input(),
    )


def test_a_context_is_sent_with_the_examples() -> None:
    request = read('{"context": {"query": "pizza"}, "examples": [{"r": [NaN, Infinity]}]}')
    assert request.WhichOneof("kind") == "example_list_with_context"
    context = request.example_list_with_context.context
    assert list(context.features.feature["query"].bytes_list.value) == [b"pizza"]
    (example,) = request.example_list_with_context.examples
    nan, infinity = example.features.feature["r"].float_list.value
    assert math.isnan(nan)
    assert infinity == math.inf


def test_numbers_are_rounded_to_floats() -> None:
    (example,) = read('{"examples": [{"r": [16777217.0, 1e39, -1e300, 18446744073709551616]}]}').example_list.examples
    assert list(example.features.feature["r"].float_list.value) == [16_777_216.0, math.inf, -math.inf, 2.0**64]


def test_an_empty_list_is_a_feature_without_values() -> None:
    (example,) = read('{"examples": [{"x": []}]}').example_list.examples
    assert example.features.feature["x"].WhichOneof("kind") is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{}", "When method is classify, key 'examples' is expected and was not found"),
        ('{"examples": {"names": ["foo"]}}', "Expecting 'examples' value to be an list/array"),
        ('{"examples": []}', "'examples' value is an empty array"),
        ('{"context": [{"a": 1}], "examples": [{}]}', "Example must be JSON object but got JSON Array"),
        ('{"examples": [[{"a": 1}]]}', "Example must be JSON object but got JSON Array"),
        ('{"examples": [{"n": [10, null]}]}', "Feature: n has element with unexpected JSON type: Null"),
        ('{"examples": [{"n": [10, 10.0]}]}', "Unexpected element type in feature: n expecting type: int64"),
        ('{"examples": [{"n": [10.5, "a"]}]}', "Unexpected element type in feature: n expecting type: float"),
        ('{"examples": [{"n": ["a", true]}]}', "Unexpected element type in feature: n expecting type: bytes"),
        ('{"examples": [{"n": [10, {"test": 10}]}]}', "Feature: n has element with unexpected JSON type: Object"),
        ('{"examples": [{"n": [[10], 20]}]}', "Feature: n has element with unexpected JSON type: Array"),
        ('{"examples": [{"n": [20, 18446744073709551603]}]}', "n has uint64 element. Only int64 is supported."),
        ('{"examples": [{"n": 1' + "0" * 400 + "}]}", "JSON Parse error: Number too big to be stored in double."),
        ('{"examples": [{"n": {"b64": "%"}}]}', "Unable to base64 decode"),
        ('{"examples": [{"\\ud800": 1}]}', "a feature's name is not UTF-8"),
    ],
)
def test_errors_have_tf_servings_wording(body: str, says: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        read(body)
    assert says in str(refused.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["b64", "x"]), inner, max_size=2),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["examples", "context"]), VALUES | st.lists(st.dictionaries(st.text(), VALUES))))
def test_any_json_is_read_or_refused(document: dict[str, Any]) -> None:
    with contextlib.suppress(InvalidArgumentError):
        read(json.dumps(document))
