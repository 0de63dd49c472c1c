"""Every error of TF Serving that a client can get over gRPC, read by the official client."""

from typing import Any

import pytest
from contract.conftest import Judge

TWO_FLOATS = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 2}]}, "float_val": [1, 2]}
ONE_WINDOW = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 1}, {"size": 110_250}]}, "float_val": [0.25]}
ONE_EXAMPLE = {"example_list": {"examples": [{"features": {"feature": {"x": {"float_list": {"value": [1]}}}}}]}}
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"
RELOAD_REFUSED = (
    "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported"
)

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
        {"model_spec": {"name": "sum"}, "inputs": {"a": TWO_FLOATS, "b": TWO_FLOATS, "c": TWO_FLOATS}},
        "INVALID_ARGUMENT",
        (
            "input size does not match signature: 3!=2 len({a,b,c}) != len({a,b}). "
            "Sent extra: {c}. Missing but required: {}."
        ),
    ),
    (
        "Predict",
        {"model_spec": {"name": "sum"}, "inputs": {"a": TWO_FLOATS, "c": TWO_FLOATS}},
        "INVALID_ARGUMENT",
        (
            "Signature input alias: b(feed name: serving_default_b:0) not found in request and no default value "
            "provided. Inputs expected to be in the request {a,c}, or default input alias set: "
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
        (
            "input b has shape [1, 110250], the model [2]: XNNPack delegate failed to reshape runtimeNode number 1 "
            "(TfLiteXNNPackDelegate) failed to prepare."
        ),
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
    ("Classify", {}, "INVALID_ARGUMENT", "Missing ModelSpec"),
    ("Classify", {"model_spec": {}}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    ("Classify", {"model_spec": {"name": "x"}}, "NOT_FOUND", "Servable not found for request: Latest(x)"),
    (
        "Classify",
        {"model_spec": {"name": "sum", "signature_name": "s"}, "input": ONE_EXAMPLE},
        "INVALID_ARGUMENT",
        "No signature was found with the name: s",
    ),
    (
        "Classify",
        {"model_spec": {"name": "sum"}, "input": ONE_EXAMPLE},
        "INVALID_ARGUMENT",
        "Expected one input Tensor.",
    ),
    (
        "Classify",
        {"model_spec": {"name": "cry"}, "input": ONE_EXAMPLE},
        "INVALID_ARGUMENT",
        "Expected one or two output Tensors, found 3",
    ),
    ("Regress", {}, "INVALID_ARGUMENT", "Missing ModelSpec"),
    (
        "Regress",
        {"model_spec": {"name": "sum", "version": "2"}},
        "NOT_FOUND",
        "Servable not found for request: Specific(sum, 2)",
    ),
    (
        "Regress",
        {"model_spec": {"name": "sum", "signature_name": "s"}},
        "INVALID_ARGUMENT",
        "No signature was found with the name: s",
    ),
    ("Regress", {"model_spec": {"name": "sum"}}, "INVALID_ARGUMENT", "Expected one input Tensor."),
    ("Regress", {"model_spec": {"name": "cry"}}, "INVALID_ARGUMENT", "Expected one output Tensor."),
    ("MultiInference", {}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    (
        "MultiInference",
        {"tasks": [{"model_spec": {"name": "x"}}]},
        "NOT_FOUND",
        "Servable not found for request: Latest(x)",
    ),
    (
        "MultiInference",
        {"tasks": [{"model_spec": {"name": "sum"}, "method_name": "m"}]},
        "UNIMPLEMENTED",
        "Unsupported signature method_name: m",
    ),
    (
        "MultiInference",
        {"tasks": [{"model_spec": {"name": "sum", "signature_name": "s"}, "method_name": CLASSIFY}]},
        "INVALID_ARGUMENT",
        "Requested signature not found in model graph: s",
    ),
    (
        "MultiInference",
        {"tasks": [{"model_spec": {"name": "sum"}, "method_name": REGRESS}]},
        "INVALID_ARGUMENT",
        "Expected one input Tensor.",
    ),
    (
        "HandleReloadConfigRequest",
        {},
        "INVALID_ARGUMENT",
        RELOAD_REFUSED,
    ),
    (
        "HandleReloadConfigRequest",
        {"config": {"custom_model_config": {}}},
        "INVALID_ARGUMENT",
        RELOAD_REFUSED,
    ),
]


@pytest.mark.parametrize(
    ("rpc", "request_fields", "code", "message"), ERRORS, ids=[f"{row[0]}-{row[3][:60]}" for row in ERRORS]
)
def test_an_error_has_tf_servings_code_and_message(
    judge: Judge, our_server: str, rpc: str, request_fields: dict[str, Any], code: str, message: str
) -> None:
    reply = judge("ask", address=our_server, rpc=rpc, request=request_fields)
    assert reply == {"code": code, "message": message}
