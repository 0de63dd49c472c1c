"""Replies as JSON, with TF Serving's layout."""

import json
import math
from typing import Any

import numpy as np
import pytest
from google.protobuf.text_format import Parse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.rest.json import replies as json_replies
from tears.model_server.rest.json.predict import BodyLayout
from tears.model_server.rest.json.text import decimal, equal_parts
from tears.model_server.wire.tensors import encode_tensor
from tears.tfserving import signatures
from tears.tfserving.v1 import classification_pb2, metadata_pb2, regression_pb2, status_pb2, tensor_pb2


def encoded(outputs: dict[str, Any]) -> dict[str, tensor_pb2.TensorProto]:
    return {name: encode_tensor(np.asarray(array)) for name, array in outputs.items()}


def rows(**outputs: Any) -> str:
    return json_replies.prediction(
        {name: encode_tensor(np.asarray(array)) for name, array in outputs.items()}, BodyLayout.ROWS
    )


def columns(**outputs: Any) -> str:
    return json_replies.prediction(
        {name: encode_tensor(np.asarray(array)) for name, array in outputs.items()}, BodyLayout.COLUMNS
    )


def strings(*values: bytes) -> np.ndarray[Any, Any]:
    return np.array(values, object)


def test_one_output_is_one_element_per_row() -> None:
    assert rows(y=np.array([2.5, 3.0, 4.5], np.float32)) == '{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}'
    assert rows(y=[[1, 2], [3, 4]]) == '{\n    "predictions": [[1, 2], [3, 4]\n    ]\n}'


def test_several_outputs_are_one_object_per_row() -> None:
    reply = rows(b=[[[1, 2]], [[3, 4]]], a=np.array([8, 9], np.float32))
    assert reply == (
        '{\n    "predictions": [\n        {\n            "a": 8.0,\n            "b": [[1, 2]]\n        },\n'
        '        {\n            "a": 9.0,\n            "b": [[3, 4]]\n        }\n    ]\n}'
    )


def test_columns_have_one_line_per_element() -> None:
    assert columns(y=[1, 2]) == '{\n    "outputs": [\n        1,\n        2\n    ]\n}'
    assert json.loads(columns(a=[[1], [2]], b=np.float32(0.5))) == {"outputs": {"a": [[1], [2]], "b": 0.5}}


def test_a_scalar_has_no_rows_and_is_a_column() -> None:
    assert columns(y=np.int32(5)) == '{\n    "outputs": 5\n}'
    with pytest.raises(InvalidArgumentError, match="Tensor name: y has no shape information"):
        rows(y=np.int32(5))


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        ({"a": [[1], [2]], "b": [[1]]}, "Tensor name: b has inconsistent batch size: 1 expecting: 2"),
        ({"a": np.zeros((0, 2), np.float32), "b": [1]}, "Tensor name: b has inconsistent batch size: 1 expecting: 0"),
        ({"a": np.zeros(2, np.complex64)}, "Failed to write JSON value for tensor type: complex64"),
        ({}, "Cannot convert empty tensor map to JSON"),
    ],
)
def test_outputs_that_are_not_rows_are_refused(outputs: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        rows(**outputs)


@pytest.mark.parametrize(
    "outputs",
    [
        {"boxes": np.zeros((0, 4), np.float32)},
        {"labels": strings()},
        {"boxes": np.zeros((0, 4), np.float32), "labels": np.zeros(0, np.int64)},
    ],
)
def test_a_batch_without_rows_is_an_empty_list(outputs: dict[str, Any]) -> None:
    assert rows(**outputs) == '{\n    "predictions": []\n}'


def test_strings_are_text_and_strings_of_outputs_named_bytes_are_base64() -> None:
    assert json.loads(rows(s=strings("grüße".encode(), b'a"b'))) == {"predictions": ["grüße", 'a"b']}
    named = json.loads(rows(s_bytes=strings(b"hello", b"\xff")))
    assert named == {"predictions": [{"b64": "aGVsbG8="}, {"b64": "/w=="}]}


def test_a_string_that_is_not_utf_8_is_base64_whatever_its_name() -> None:
    assert json.loads(columns(s=strings(b"\xff", b"ok"))) == {"outputs": [{"b64": "/w=="}, "ok"]}


def test_booleans_and_integers_of_any_size_are_written_exactly() -> None:
    reply = columns(b=[True, False], i=np.array([-(2**63)], np.int64), u=np.array([2**64 - 1], np.uint64))
    assert json.loads(reply)["outputs"] == {"b": [True, False], "i": [-(2**63)], "u": [2**64 - 1]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9_000_000, "9e+06"),
        (999_999, "999999.0"),
        (0.5, "0.5"),
        (0.0003, "0.0003"),
        (0.00003, "3e-05"),
        (555_557.5, "555557.5"),
        (3, "3.0"),
        (-0.0, "-0.0"),
        (1 / 3, "0.333333343"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_a_float_has_as_many_digits_as_it_needs(value: float, text: str) -> None:
    assert decimal(float(np.float32(value)), is_double=False) == text


def test_a_double_may_need_seventeen_digits() -> None:
    assert decimal(1 / 3, is_double=True) == "0.33333333333333331"
    assert decimal(0.1, is_double=True) == "0.1"


@settings(deadline=None)
@given(
    npst.arrays(
        st.sampled_from([np.dtype(each) for each in ("f2", "f4", "f8", "i4")]),
        npst.array_shapes(min_side=1, max_side=4),
    )
)
def test_any_array_can_be_read_back(array: np.ndarray[Any, Any]) -> None:
    for text, key in ((rows(y=array), "predictions"), (columns(y=array), "outputs")):
        np.testing.assert_array_equal(np.array(json.loads(text)[key], array.dtype), array)


def test_values_in_tensor_content_are_written_too() -> None:
    tensor = tensor_pb2.TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_content=np.array([1.5], np.float32).tobytes())
    tensor.tensor_shape.dim.add(size=1)
    assert json.loads(json_replies.prediction({"y": tensor}, BodyLayout.ROWS)) == {"predictions": [1.5]}


def test_classes_are_pairs_of_label_and_score() -> None:
    result = Parse(
        """classifications { classes { label: "car" score: 0.2 } classes { label: "bike" score: 0.7 } }
           classifications { classes { score: 12 } }""",
        classification_pb2.ClassificationResult(),
    )
    assert json_replies.classification(result) == (
        '{\n    "results": [[["car", 0.2], ["bike", 0.7]], [["", 12.0]]\n    ]\n}'
    )
    with pytest.raises(InvalidArgumentError, match="Cannot convert empty ClassificationResults to JSON"):
        json_replies.classification(classification_pb2.ClassificationResult())


def test_regressions_are_values() -> None:
    result = regression_pb2.RegressionResult(regressions=[{"value": 0.2}, {"value": math.inf}, {"value": 1.0}])
    assert json_replies.regression(result) == '{\n    "results": [0.2, Infinity, 1.0]\n}'
    with pytest.raises(InvalidArgumentError, match="Cannot convert empty RegressionResults to JSON"):
        json_replies.regression(regression_pb2.RegressionResult())


def test_states_have_names_and_empty_messages_are_written() -> None:
    reply = status_pb2.GetModelStatusResponse()
    reply.model_version_status.add(version=123, state=status_pb2.ModelVersionStatus.AVAILABLE, status={})
    assert json.loads(json_replies.status(reply)) == {
        "model_version_status": [
            {"version": "123", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        ]
    }


def test_metadata_has_the_fields_names_of_the_protos_and_every_default() -> None:
    found = Parse(
        """signature_def { key: "serving_default" value {
             inputs { key: "x" value { name: "x:0" dtype: DT_FLOAT tensor_shape { dim { size: -1 } } } }
             outputs { key: "y" value { name: "y:0" dtype: DT_STRING tensor_shape { unknown_rank: true } } }
             method_name: "tensorflow/serving/predict" } }""",
        metadata_pb2.SignatureDefMap(),
    )
    reply = metadata_pb2.GetModelMetadataResponse(model_spec={"name": "m", "version": {"value": 7}})
    reply.metadata["signature_def"].CopyFrom(signatures.pack(found))
    assert json.loads(json_replies.metadata(reply)) == {
        "model_spec": {"name": "m", "signature_name": "", "version": "7"},
        "metadata": {
            "signature_def": {
                "signature_def": {
                    "serving_default": {
                        "inputs": {
                            "x": {
                                "name": "x:0",
                                "dtype": "DT_FLOAT",
                                "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
                            }
                        },
                        "outputs": {
                            "y": {
                                "name": "y:0",
                                "dtype": "DT_STRING",
                                "tensor_shape": {"dim": [], "unknown_rank": True},
                            }
                        },
                        "method_name": "tensorflow/serving/predict",
                        "defaults": {},
                    }
                }
            }
        },
    }


def test_an_error_with_any_text_is_valid_json() -> None:
    assert json_replies.error('no "such"\nmodel') == '{\n    "error": "no \\"such\\"\\nmodel"\n}'


def test_rows_are_cut_without_copying_what_comes_after_them() -> None:
    copied: list[int] = []

    class Texts(list[str]):
        def __getitem__(self, place: Any) -> Any:
            found = super().__getitem__(place)
            copied.append(len(found))
            return found

    assert list(equal_parts(Texts("abcdef"), 3)) == [["a", "b"], ["c", "d"], ["e", "f"]]
    assert copied == [2, 2, 2]
    assert list(equal_parts(Texts(), 2)) == [[], []]
