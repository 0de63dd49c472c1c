"""The official client lets our server classify and regress tf.Examples, which models parse with TensorFlow."""

from typing import Any

import pytest
from contract.conftest import Judge

CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"


def example(**features: float) -> dict[str, Any]:
    return {"features": {"feature": {name: {"float_list": {"value": [x]}} for name, x in features.items()}}}


TWO = {"example_list": {"examples": [example(x=2.0), example(x=-4.0)]}}


def spec(model: str, signature: str) -> dict[str, Any]:
    return {"name": model, "signature_name": signature}


# TensorFlow 2 exported all of its signatures for Predict, TensorFlow 1 each for its own method.
SIGNATURES = [("examples", "classify_x", "regress_x"), ("tensorflow_1", "classify_x_to_y", "regress_x_to_y")]


@pytest.mark.parametrize(("model", "regress"), [(model, regress) for model, _, regress in SIGNATURES])
def test_each_example_is_regressed(judge: Judge, our_tensorflow_server: str, model: str, regress: str) -> None:
    request = {"model_spec": spec(model, regress), "input": TWO}
    reply = judge("ask", address=our_tensorflow_server, rpc="Regress", request=request)
    assert reply["read"] == {
        "model_spec": {**spec(model, regress), "version": "1"},
        "result": {"regressions": [{"value": 3.0}, {}]},  # 0 is not written
    }


def test_each_example_is_classified_with_labels_and_scores(judge: Judge, our_tensorflow_server: str) -> None:
    request = {"model_spec": spec("examples", "classify_x"), "input": TWO}
    reply = judge("ask", address=our_tensorflow_server, rpc="Classify", request=request)
    assert reply["read"] == {
        "model_spec": {**spec("examples", "classify_x"), "version": "1"},
        "result": {
            "classifications": [
                {"classes": [{"label": "low", "score": -2.0}, {"label": "high", "score": 3.0}]},
                {"classes": [{"label": "low", "score": 1.0}, {"label": "high"}]},
            ]
        },
    }


def test_a_classifier_may_have_only_scores(judge: Judge, our_tensorflow_server: str) -> None:
    request = {"model_spec": spec("tensorflow_1", "classify_x_to_y"), "input": TWO}
    reply = judge("ask", address=our_tensorflow_server, rpc="Classify", request=request)
    assert reply["read"]["result"] == {"classifications": [{"classes": [{"score": 3.0}]}, {"classes": [{}]}]}


def test_a_context_is_part_of_every_example(judge: Judge, our_tensorflow_server: str) -> None:
    listed = {"context": example(x=6.0), "examples": [example(y=1.0), example(x=2.0)]}
    request = {"model_spec": spec("examples", "regress_x"), "input": {"example_list_with_context": listed}}
    reply = judge("ask", address=our_tensorflow_server, rpc="Regress", request=request)
    assert reply["read"]["result"] == {"regressions": [{"value": 5.0}, {"value": 3.0}]}


@pytest.mark.parametrize(("model", "classify", "regress"), SIGNATURES)
def test_several_signatures_answer_one_request(
    judge: Judge, our_tensorflow_server: str, model: str, classify: str, regress: str
) -> None:
    request = {
        "tasks": [
            {"model_spec": spec(model, regress), "method_name": REGRESS},
            {"model_spec": spec(model, classify), "method_name": CLASSIFY},
        ],
        "input": {"example_list": {"examples": [example(x=2.0)]}},
    }
    reply = judge("ask", address=our_tensorflow_server, rpc="MultiInference", request=request)
    regressed, classified = reply["read"]["results"]
    assert regressed == {
        "model_spec": {**spec(model, regress), "version": "1"},
        "regression_result": {"regressions": [{"value": 3.0}]},
    }
    assert classified["model_spec"] == {**spec(model, classify), "version": "1"}
    assert classified["classification_result"]["classifications"][0]["classes"][-1]["score"] == 3.0


def test_an_example_without_the_feature_is_the_callers_mistake(judge: Judge, our_tensorflow_server: str) -> None:
    request = {
        "model_spec": spec("examples", "regress_x"),
        "input": {"example_list": {"examples": [example(y=1.0)]}},
    }
    reply = judge("ask", address=our_tensorflow_server, rpc="Regress", request=request)
    assert reply["code"] == "INVALID_ARGUMENT"
    assert "Feature: x (data type: float) is required but could not be found" in reply["message"]


def test_a_request_without_examples_is_refused(judge: Judge, our_tensorflow_server: str) -> None:
    request = {"model_spec": spec("examples", "regress_x"), "input": {"example_list": {}}}
    reply = judge("ask", address=our_tensorflow_server, rpc="Regress", request=request)
    assert reply == {"code": "INVALID_ARGUMENT", "message": "Input is empty."}


def test_a_long_error_is_cut_as_tf_serving_cuts_it(judge: Judge, our_tensorflow_server: str) -> None:
    request = {"model_spec": spec("examples", "classify_x"), "input": TWO}
    reply = judge("ask", address=our_tensorflow_server, rpc="Regress", request=request)
    assert reply == {"code": "INVALID_ARGUMENT", "message": "Expected one output Tensor."}
    request = {"model_spec": spec("tensorflow_1", "serving_default"), "input": TWO}
    reply = judge("ask", address=our_tensorflow_server, rpc="Regress", request=request)
    assert reply["message"].startswith('No regression inputs found in SignatureDef: inputs {\n  key: "x"\n')
    name = "s" * 2000
    reply = judge(
        "ask", address=our_tensorflow_server, rpc="Regress", request={"model_spec": spec("tensorflow_1", name)}
    )
    assert reply["message"] == f"No signature was found with the name: {name}"[:1024] + "...TRUNCATED"
