"""Regress over a fake engine."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.model_server.example_model import ExampleServable, catalog_of, example

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.inference.regression import regress
from tears.model_server.errors import InvalidArgumentError, ModelServerError, NotFoundError
from tears.tfserving.v1.regression_pb2 import RegressionRequest

TWO = {"example_list": {"examples": [example(x=1.0), example(x=2.0)]}}


@pytest.fixture
def servable() -> ExampleServable:
    return ExampleServable()


@pytest.fixture
def catalog(servable: ExampleServable, tmp_path: Path) -> Catalog:
    return catalog_of(servable, tmp_path)


def request(signature: str = "regress", **fields: Any) -> RegressionRequest:
    return RegressionRequest(**{"model_spec": {"name": "m", "signature_name": signature}, "input": TWO, **fields})


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_each_example_gets_a_value_and_the_reply_names_the_version(
    catalog: Catalog, servable: ExampleServable, shape: tuple[int, ...]
) -> None:
    servable.replaced = {"outputs": np.array([2.5, 3.0], np.float32).reshape(shape)}
    reply = regress(catalog, request())
    assert [regression.value for regression in reply.result.regressions] == [2.5, 3.0]
    assert (reply.model_spec.name, reply.model_spec.version.value) == ("m", 5)
    assert reply.model_spec.signature_name == "regress"


REFUSALS: list[tuple[RegressionRequest, type[ModelServerError], str]] = [
    (RegressionRequest(input=TWO), InvalidArgumentError, "Missing ModelSpec"),
    (
        request(model_spec={"name": "m", "version": {"value": 2}}),
        NotFoundError,
        "Servable not found for request: Specific(m, 2)",
    ),
    (request("s"), InvalidArgumentError, "No signature was found with the name: s"),
    (request(input={}), InvalidArgumentError, "Input is empty."),
    (request("two_inputs"), InvalidArgumentError, "Expected one input Tensor."),
    (request("three_outputs"), InvalidArgumentError, "Expected one output Tensor."),
    (request("misnamed"), InvalidArgumentError, "No regression inputs found in SignatureDef: "),
    (request("nameless"), InvalidArgumentError, "No regression outputs found in SignatureDef: "),
]


@pytest.mark.parametrize(
    ("wrong", "error", "message"), REFUSALS, ids=[f"{row[0].model_spec.signature_name}-{row[2]}" for row in REFUSALS]
)
def test_a_wrong_request_is_refused_in_tf_servings_words(
    catalog: Catalog, servable: ExampleServable, wrong: RegressionRequest, error: type[ModelServerError], message: str
) -> None:
    with pytest.raises(error) as refused:
        regress(catalog, wrong)
    assert str(refused.value).partition("inputs {")[0] == message
    assert not servable.runs


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            np.zeros((2, 2), np.float32),
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [2,2]",
        ),
        (
            np.zeros((), np.float32),
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got []",
        ),
        (np.zeros(3, np.float32), "Input batch size did not match output batch size: 2 vs. 3"),
        (np.zeros(2, np.int32), "Expected output Tensor of DT_FLOAT.  Got: DT_INT32"),
    ],
)
def test_a_model_that_answers_something_else_is_refused_in_tf_servings_words(
    catalog: Catalog, servable: ExampleServable, values: Any, message: str
) -> None:
    servable.replaced = {"outputs": values}
    with pytest.raises(InvalidArgumentError) as refused:
        regress(catalog, request())
    assert str(refused.value) == message


def test_the_method_of_a_signature_matters_only_if_it_is_checked(catalog: Catalog, servable: ExampleServable) -> None:
    assert regress(catalog, request(), checks_method_name=True)
    servable.signatures["regress"] = type(servable.signatures["regress"])(
        servable.signatures["regress"].inputs, servable.signatures["regress"].outputs
    )
    assert regress(catalog, request())
    with pytest.raises(InvalidArgumentError) as refused:
        regress(catalog, request(), checks_method_name=True)
    assert str(refused.value) == (
        "Expected regression signature method_name to be tensorflow/serving/regress. Was: tensorflow/serving/predict"
    )
