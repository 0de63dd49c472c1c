"""Classify over a fake engine."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.model_server.example_model import ExampleServable, catalog_of, example

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.inference.classification import classify
from tears.model_server.errors import InvalidArgumentError, ModelServerError, NotFoundError
from tears.tfserving.v1.classification_pb2 import ClassificationRequest, ClassificationResponse

TWO = {"example_list": {"examples": [example(x=0.25), example(x=0.75)]}}


@pytest.fixture
def servable() -> ExampleServable:
    return ExampleServable()


@pytest.fixture
def catalog(servable: ExampleServable, tmp_path: Path) -> Catalog:
    return catalog_of(servable, tmp_path)


def request(signature: str = "", **fields: Any) -> ClassificationRequest:
    return ClassificationRequest(**{"model_spec": {"name": "m", "signature_name": signature}, "input": TWO, **fields})


def read(reply: ClassificationResponse) -> list[list[tuple[str, float]]]:
    return [[(it.label, it.score) for it in row.classes] for row in reply.result.classifications]


def test_each_example_gets_labels_and_scores_and_the_reply_names_the_version(catalog: Catalog) -> None:
    reply = classify(catalog, request())
    assert read(reply) == [[("crying", 0.25), ("noise", 0.75)], [("crying", 0.75), ("noise", 0.25)]]
    assert (reply.model_spec.name, reply.model_spec.version.value) == ("m", 5)
    assert reply.model_spec.signature_name == "serving_default"


def test_a_model_may_give_only_scores_or_only_labels(catalog: Catalog) -> None:
    assert read(classify(catalog, request("scores"))) == [[("", 0.25), ("", 0.75)], [("", 0.75), ("", 0.25)]]
    assert read(classify(catalog, request("classes"))) == [[("crying", 0.0), ("noise", 0.0)]] * 2


def test_an_example_without_classes_is_an_empty_row(catalog: Catalog, servable: ExampleServable) -> None:
    servable.replaced = {"scores": np.zeros((2, 0), np.float32)}
    assert read(classify(catalog, request("scores"))) == [[], []]


def test_bytes_of_a_label_that_are_not_text_are_replaced(catalog: Catalog, servable: ExampleServable) -> None:
    servable.replaced = {"classes": np.array([[b"a\xff"]] * 2, object)}
    assert read(classify(catalog, request("classes")))[0] == [("a\ufffd", 0.0)]


REFUSALS: list[tuple[ClassificationRequest, type[ModelServerError], str]] = [
    (ClassificationRequest(input=TWO), InvalidArgumentError, "Missing ModelSpec"),
    (request(model_spec={}), InvalidArgumentError, "ModelSpec has no name specified."),
    (request(model_spec={"name": "x"}), NotFoundError, "Servable not found for request: Latest(x)"),
    (request("s"), InvalidArgumentError, "No signature was found with the name: s"),
    (request(input={}), InvalidArgumentError, "Input is empty."),
    (request(input={"example_list": {}}), InvalidArgumentError, "Input is empty."),
    (request("two_inputs"), InvalidArgumentError, "Expected one input Tensor."),
    (request("three_outputs"), InvalidArgumentError, "Expected one or two output Tensors, found 3"),
    (
        request("waveform"),
        InvalidArgumentError,
        'Expected classification signature outputs to contain at least one of "classes" or "scores". Signature was: ',
    ),
    (request("misnamed"), InvalidArgumentError, "No classification inputs found in SignatureDef: "),
    (
        request("nameless"),
        InvalidArgumentError,
        'Expected classification signature outputs to contain at least one of "classes" or "scores". Signature was: ',
    ),
]


@pytest.mark.parametrize(
    ("wrong", "error", "message"), REFUSALS, ids=[f"{row[0].model_spec.signature_name}-{row[2]}" for row in REFUSALS]
)
def test_a_wrong_request_is_refused_in_tf_servings_words(
    catalog: Catalog,
    servable: ExampleServable,
    wrong: ClassificationRequest,
    error: type[ModelServerError],
    message: str,
) -> None:
    with pytest.raises(error) as refused:
        classify(catalog, wrong)
    shown_message, signature, shown = str(refused.value).partition("inputs {")
    assert shown_message == message
    if message.endswith(": "):
        assert f"{signature}{shown}".startswith('inputs {\n  key: "')
    assert not servable.runs


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"scores": np.zeros(2, np.float32)}, "Expected Tensor shape: [batch_size num_classes] but got [2]"),
        (
            {"scores": np.zeros((2, 2, 3), np.float32)},
            "Expected Tensor shape: [batch_size num_classes] but got [2,2,3]",
        ),
        ({"scores": np.zeros((2, 2))}, "Expected scores Tensor of DT_FLOAT. Got: DT_DOUBLE"),
        ({"classes": np.zeros((2, 2), np.int64)}, "Expected classes Tensor of DT_STRING. Got: DT_INT64"),
        ({"scores": np.zeros((3, 2), np.float32)}, "Expected scores output batch size of 2. Got: 3"),
        (
            {"scores": np.zeros((2, 3), np.float32)},
            "Tensors class and score should match in dim_size(1). Got 2 vs. 3",
        ),
    ],
)
def test_a_model_that_answers_something_else_is_refused_in_tf_servings_words(
    catalog: Catalog, servable: ExampleServable, outputs: dict[str, Any], message: str
) -> None:
    servable.replaced = outputs
    with pytest.raises(InvalidArgumentError) as refused:
        classify(catalog, request())
    assert str(refused.value) == message


def test_the_method_of_a_signature_matters_only_if_it_is_checked(catalog: Catalog) -> None:
    assert classify(catalog, request("scores"))
    with pytest.raises(InvalidArgumentError) as refused:
        classify(catalog, request("scores"), checks_method_name=True)
    assert str(refused.value) == (
        "Expected classification signature method_name to be tensorflow/serving/classify. "
        "Was: tensorflow/serving/predict"
    )
    assert read(classify(catalog, request(), checks_method_name=True))


def test_an_input_that_does_not_take_examples_is_named(catalog: Catalog, servable: ExampleServable) -> None:
    outputs = servable.signatures["scores"].outputs
    servable.signatures["floats"] = type(servable.signatures["scores"])(servable.signatures["waveform"].inputs, outputs)
    with pytest.raises(InvalidArgumentError, match=r"^input inputs: signature floats takes DT_FLOAT, not serialised"):
        classify(catalog, request("floats"))
