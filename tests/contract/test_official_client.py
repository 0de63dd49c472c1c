"""The official client asks our server: every RPC it has, and every row of TF Serving's errors."""

from __future__ import annotations

from typing import Any

import pytest
from contract.conftest import Judge

WINDOW = [[0.25] * 110_250]
TWO_FLOATS = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 2}]}, "float_val": [1, 2]}
ONE_WINDOW = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 1}, {"size": 110_250}]}, "float_val": [0.25]}


@pytest.mark.parametrize("reading", ["content", "fields"])
def test_predict_answers_arrays_whichever_way_the_window_travels(
    judge: Judge, our_servers: dict[str, str], reading: str
) -> None:
    scores = judge(
        "predict",
        address=our_servers["cry"],
        model="cry",
        inputs={"waveform": WINDOW},
        dtype="float32",
        reading=reading,
    )
    assert scores == {
        "crying": [pytest.approx(0.25, abs=1e-4)],
        "noise": [pytest.approx(0.75, abs=1e-4)],
        "other noise": [0.0],
    }


def test_predict_tells_who_answered_and_uses_typed_fields(judge: Judge, our_servers: dict[str, str]) -> None:
    request = {
        "model_spec": {"name": "two_signatures", "version": "1", "signature_name": "three"},
        "inputs": {
            "x": {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 3}]}, "float_val": [1, 2]},
        },
        "output_filter": ["floor"],
    }
    said = judge("ask", address=our_servers["two_signatures"], rpc="Predict", request=request)
    assert said["read"] == {
        "model_spec": {"name": "two_signatures", "version": "1", "signature_name": "three"},
        "outputs": {
            "floor": {"dtype": "DT_INT32", "tensor_shape": {"dim": [{"size": "3"}]}, "int_val": [3, 4, 4]},
        },
    }


def test_nan_arrives_as_nan(judge: Judge, our_servers: dict[str, str]) -> None:
    request = {"model_spec": {"name": "nan"}, "inputs": {"waveform": ONE_WINDOW}}
    said = judge("ask", address=our_servers["nan"], rpc="Predict", request=request)
    assert said["read"]["outputs"]["crying"]["float_val"] == ["NaN"]


def test_metadata_is_unpacked_by_the_official_class(judge: Judge, our_servers: dict[str, str]) -> None:
    signatures = judge("read_metadata", address=our_servers["cry"], model="cry")["signature_def"]
    assert list(signatures) == ["serving_default"]
    assert signatures["serving_default"]["method_name"] == "tensorflow/serving/predict"
    assert signatures["serving_default"]["inputs"] == {
        "waveform": {
            "name": "serving_default_waveform:0",
            "dtype": "DT_FLOAT",
            "tensor_shape": {"dim": [{"size": "1"}, {"size": "110250"}]},
        }
    }


def test_metadata_is_that_of_the_saved_model_which_tensorflow_serves(
    judge: Judge, our_servers: dict[str, str], official_server: str
) -> None:
    def described(address: str) -> dict[str, Any]:
        signature = judge("read_metadata", address=address, model="cry")["signature_def"]["serving_default"]
        return {
            side: {name: (info["dtype"], info["tensor_shape"]) for name, info in signature[side].items()}
            for side in ("inputs", "outputs")
        } | {"method_name": signature["method_name"]}

    assert described(our_servers["cry"]) == described(official_server)


def test_scores_are_those_of_the_saved_model_which_tensorflow_serves(
    judge: Judge, our_servers: dict[str, str], official_server: str
) -> None:
    window = [[((n * 7919) % 2001 - 1000) / 1000 for n in range(110_250)]]
    ours, theirs = (
        judge(
            "predict",
            address=address,
            model="cry",
            inputs={"waveform": window},
            dtype="float32",
            reading="content",
        )
        for address in (our_servers["cry"], official_server)
    )
    assert ours == {name: pytest.approx(values, abs=1e-5) for name, values in theirs.items()}


@pytest.mark.parametrize("spec", [{"name": "cry"}, {"name": "cry", "version": "1"}])
def test_status_is_read_by_the_official_class(judge: Judge, our_servers: dict[str, str], spec: dict[str, Any]) -> None:
    said = judge("ask", address=our_servers["cry"], rpc="GetModelStatus", request={"model_spec": spec})
    assert said["read"] == {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": {}}]}


ERRORS: list[tuple[str, dict[str, Any], str, str]] = [
    ("Predict", {}, "INVALID_ARGUMENT", "Missing ModelSpec"),
    ("Predict", {"model_spec": {}}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    ("Predict", {"model_spec": {"name": "x"}}, "NOT_FOUND", "Servable not found for request: Latest(x)"),
    (
        "Predict",
        {"model_spec": {"name": "sum", "version": "2"}},
        "NOT_FOUND",
        "Servable not found for request: Specific(sum, 2)",
    ),
    (
        "Predict",
        {"model_spec": {"name": "sum", "version_label": "l"}},
        "INVALID_ARGUMENT",
        "Unrecognized servable version label: l",
    ),
    (
        "Predict",
        {"model_spec": {"name": "sum", "signature_name": "s"}},
        "FAILED_PRECONDITION",
        'Serving signature key "s" not found.',
    ),
    (
        "Predict",
        {"model_spec": {"name": "sum"}, "inputs": {"c": TWO_FLOATS}},
        "INVALID_ARGUMENT",
        (
            "input size does not match signature: 1!=2 len({c}) != len({a,b}). "
            "Sent extra: {c}. Missing but required: {a,b}."
        ),
    ),
    (
        "Predict",
        {"model_spec": {"name": "sum"}, "inputs": {"a": TWO_FLOATS, "b": TWO_FLOATS}, "output_filter": ["x"]},
        "INVALID_ARGUMENT",
        "output tensor alias not found in signature: x Outputs expected to be in the set {sum}.",
    ),
    (
        "Predict",
        {"model_spec": {"name": "sum"}, "inputs": {"a": TWO_FLOATS, "b": TWO_FLOATS}, "output_filter": ["sum", "sum"]},
        "INVALID_ARGUMENT",
        "duplicate output tensor alias: sum",
    ),
    (
        "Predict",
        {"model_spec": {"name": "sum"}, "inputs": {"a": TWO_FLOATS, "b": {**TWO_FLOATS, "dtype": "DT_INT32"}}},
        "INVALID_ARGUMENT",
        "input b: the signature takes DT_FLOAT, the request has DT_INT32",
    ),
    (
        "Predict",
        {"model_spec": {"name": "sum"}, "inputs": {"a": TWO_FLOATS, "b": ONE_WINDOW}},
        "INVALID_ARGUMENT",
        "input b: the signature takes shape [2], the request has [1, 110250]",
    ),
    ("GetModelMetadata", {}, "INVALID_ARGUMENT", "Missing ModelSpec"),
    (
        "GetModelMetadata",
        {"model_spec": {"name": "sum"}},
        "INVALID_ARGUMENT",
        "GetModelMetadataRequest must specify at least one metadata_field",
    ),
    (
        "GetModelMetadata",
        {"model_spec": {"name": "sum"}, "metadata_field": ["assets"]},
        "INVALID_ARGUMENT",
        "Metadata field assets is not supported",
    ),
    (
        "GetModelMetadata",
        {"model_spec": {"name": "x"}, "metadata_field": ["signature_def"]},
        "NOT_FOUND",
        "Servable not found for request: Latest(x)",
    ),
    ("GetModelStatus", {}, "INVALID_ARGUMENT", "Missing ModelSpec"),
    ("GetModelStatus", {"model_spec": {}}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    ("GetModelStatus", {"model_spec": {"name": "x"}}, "NOT_FOUND", "Could not find any versions of model x"),
    (
        "GetModelStatus",
        {"model_spec": {"name": "sum", "version": "7"}},
        "NOT_FOUND",
        "Could not find version 7 of model sum",
    ),
]


@pytest.mark.parametrize(
    ("rpc", "request_fields", "code", "message"), ERRORS, ids=[f"{row[0]}-{row[3][:60]}" for row in ERRORS]
)
def test_an_error_has_tf_servings_code_and_message(
    judge: Judge, our_servers: dict[str, str], rpc: str, request_fields: dict[str, Any], code: str, message: str
) -> None:
    said = judge("ask", address=our_servers["sum"], rpc=rpc, request=request_fields)
    assert said == {"code": code, "message": message}
