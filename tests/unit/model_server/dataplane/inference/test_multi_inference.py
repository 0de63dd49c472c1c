"""MultiInference over a fake engine."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.model_server.example_model import ExampleServable, catalog_of, example

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.inference.multi_inference import multi_inference
from tears.model_server.errors import InvalidArgumentError, ModelServerError, NotFoundError, UnimplementedError
from tears.tfserving.v1.inference_pb2 import MultiInferenceRequest

CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"
ONE = {"example_list": {"examples": [example(x=0.5)]}}


@pytest.fixture
def servable() -> ExampleServable:
    return ExampleServable()


@pytest.fixture
def catalog(servable: ExampleServable, tmp_path: Path) -> Catalog:
    return catalog_of(servable, tmp_path)


def request(*tasks: tuple[dict[str, Any], str], **fields: Any) -> MultiInferenceRequest:
    return MultiInferenceRequest(
        **{"tasks": [{"model_spec": spec, "method_name": name} for spec, name in tasks], "input": ONE, **fields}
    )


def test_tasks_are_answered_in_order_each_by_its_own_signature(catalog: Catalog) -> None:
    reply = multi_inference(
        catalog, request(({"name": "m", "signature_name": "regress"}, REGRESS), ({"name": "m"}, CLASSIFY))
    )
    regressed, classified = reply.results
    assert [it.value for it in regressed.regression_result.regressions] == [2.25]
    assert [it.score for it in classified.classification_result.classifications[0].classes] == [0.5, 0.5]
    assert [
        (result.model_spec.name, result.model_spec.version.value, result.model_spec.signature_name)
        for result in reply.results
    ] == [("m", 5, "regress"), ("m", 5, "serving_default")]


REFUSALS: list[tuple[MultiInferenceRequest, type[ModelServerError], str]] = [
    (request(), InvalidArgumentError, "ModelSpec has no name specified."),
    (request(({}, REGRESS)), InvalidArgumentError, "ModelSpec has no name specified."),
    (request(({"name": "x"}, REGRESS)), NotFoundError, "Servable not found for request: Latest(x)"),
    (
        request(({"name": "m"}, CLASSIFY), ({}, REGRESS)),
        InvalidArgumentError,
        "Found ModelSpec with an empty model name.",
    ),
    (
        request(({"name": "m"}, CLASSIFY), ({"name": "x"}, REGRESS)),
        InvalidArgumentError,
        "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
    ),
    (
        request(({"name": "m"}, CLASSIFY), ({"name": "m", "signature_name": "serving_default"}, CLASSIFY)),
        InvalidArgumentError,
        "Duplicate evaluation of signature: serving_default",
    ),
    (
        request(({"name": "m", "signature_name": "s"}, CLASSIFY)),
        InvalidArgumentError,
        "Requested signature not found in model graph: s",
    ),
    (
        request(({"name": "m"}, "tensorflow/serving/predict")),
        UnimplementedError,
        "Unsupported signature method_name: tensorflow/serving/predict",
    ),
    (request(({"name": "m"}, REGRESS)), InvalidArgumentError, "Expected one output Tensor."),
    (request(({"name": "m"}, CLASSIFY), input={}), InvalidArgumentError, "Input is empty."),
]


@pytest.mark.parametrize(("wrong", "error", "message"), REFUSALS, ids=[row[2] for row in REFUSALS])
def test_a_wrong_request_is_refused_in_tf_servings_words_before_any_task_has_run(
    catalog: Catalog,
    servable: ExampleServable,
    wrong: MultiInferenceRequest,
    error: type[ModelServerError],
    message: str,
) -> None:
    with pytest.raises(error) as refused:
        multi_inference(catalog, wrong)
    assert str(refused.value) == message
    assert not servable.runs


def test_if_the_model_fails_one_task_all_tasks_fail(catalog: Catalog, servable: ExampleServable) -> None:
    servable.replaced = {"outputs": np.zeros((1, 2), np.float32)}
    with pytest.raises(InvalidArgumentError, match="Expected output Tensor shape"):
        multi_inference(
            catalog, request(({"name": "m"}, CLASSIFY), ({"name": "m", "signature_name": "regress"}, REGRESS))
        )
