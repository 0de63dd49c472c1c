"""Predict over a fake engine."""

from pathlib import Path
from typing import Any

import pytest
from unit.model_server.example_model import EXAMPLES, ExampleServable, catalog_of
from unit.model_server.fakes import FakeLoader

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.inference import prediction
from tears.model_server.errors import (
    DeadlineError,
    FailedPreconditionError,
    InferenceError,
    InvalidArgumentError,
    ModelServerError,
    NotFoundError,
)
from tears.model_server.wire.signatures import Signature
from tears.tfserving import tensors
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.predict_pb2 import PredictRequest

SILENCE = tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, 4], bytes(16))


def request(spec: dict[str, Any] | None = None, **fields: Any) -> PredictRequest:
    return PredictRequest(model_spec={"name": "cry"} if spec is None else spec, **fields)


def test_a_reply_names_the_version_and_the_signature_that_answered(catalog: Catalog) -> None:
    reply = prediction.predict(catalog, request(inputs={"waveform": SILENCE}))
    assert (reply.model_spec.name, reply.model_spec.version.value) == ("cry", 2)
    assert reply.model_spec.signature_name == "serving_default"
    assert {label: tensors.numbers(tensor) for label, tensor in reply.outputs.items()} == {
        "crying": [0.0],
        "noise": [1.0],
    }
    assert not any(tensor.tensor_content for tensor in reply.outputs.values())


def test_a_version_can_be_asked_for_by_number(catalog: Catalog) -> None:
    spec = {"name": "cry", "version": {"value": 2}}
    assert prediction.predict(catalog, request(spec, inputs={"waveform": SILENCE})).model_spec.version.value == 2


def test_only_the_outputs_in_the_filter_are_computed(catalog: Catalog) -> None:
    reply = prediction.predict(catalog, request(inputs={"waveform": SILENCE}, output_filter=["noise"]))
    assert list(reply.outputs) == ["noise"]


# TF Serving's own wording, which clients match.
REFUSALS: list[tuple[PredictRequest, type[ModelServerError], str]] = [
    (PredictRequest(), InvalidArgumentError, "Missing ModelSpec"),
    (request({}), InvalidArgumentError, "ModelSpec has no name specified."),
    (request({"name": "x"}), NotFoundError, "Servable not found for request: Latest(x)"),
    (
        request({"name": "x", "version": {"value": 2}}),
        NotFoundError,
        "Servable not found for request: Specific(x, 2)",
    ),
    (
        request({"name": "cry", "version": {"value": 0}}),
        NotFoundError,
        "Servable not found for request: Specific(cry, 0)",
    ),
    (
        request({"name": "cry", "version_label": "stable"}),
        InvalidArgumentError,
        "Unrecognized servable version label: stable",
    ),
    (
        request({"name": "cry", "signature_name": "s"}),
        FailedPreconditionError,
        'Serving signature key "s" not found.',
    ),
    (
        request(inputs={"waveform": SILENCE, "b": SILENCE, "a": SILENCE}),
        InvalidArgumentError,
        (
            "input size does not match signature: 3!=1 len({a,b,waveform}) != len({waveform}). "
            "Sent extra: {a,b}. Missing but required: {}."
        ),
    ),
    (
        request(),
        InvalidArgumentError,
        (
            "input size does not match signature: 0!=1 len({}) != len({waveform}). "
            "Sent extra: {}. Missing but required: {waveform}."
        ),
    ),
    (
        request(inputs={"wave": SILENCE}),
        InvalidArgumentError,
        (
            "Signature input alias: waveform(feed name: serving_default_waveform:0) not found in request and no "
            "default value provided. Inputs expected to be in the request {wave}, or default input alias set: "
        ),
    ),
    (
        request(inputs={"waveform": SILENCE}, output_filter=["laughing"]),
        InvalidArgumentError,
        "output tensor alias not found in signature: laughing Outputs expected to be in the set {crying,noise}.",
    ),
    (
        request(inputs={"waveform": SILENCE}, output_filter=["noise", "noise"]),
        InvalidArgumentError,
        "duplicate output tensor alias: noise",
    ),
]


@pytest.mark.parametrize(("wrong", "error", "message"), REFUSALS, ids=[message for *_, message in REFUSALS])
def test_a_wrong_request_is_refused_in_tf_servings_words(
    catalog: Catalog, wrong: PredictRequest, error: type[ModelServerError], message: str
) -> None:
    with pytest.raises(error) as refused:
        prediction.predict(catalog, wrong)
    assert str(refused.value) == message


def test_a_signature_of_another_method_is_refused_if_that_is_checked(tmp_path: Path) -> None:
    servable = ExampleServable()
    servable.signatures["init"] = Signature({"inputs": EXAMPLES}, {}, "")
    catalog = catalog_of(servable, tmp_path)
    asked = PredictRequest(model_spec={"name": "m", "signature_name": "init"})
    with pytest.raises(InferenceError) as refused:
        prediction.predict(catalog, asked, checks_method_name=True)
    assert str(refused.value) == (
        "Expected prediction signature method_name to be one of "
        "{tensorflow/serving/predict, tensorflow/serving/classify, tensorflow/serving/regress}. Was: "
    )
    with pytest.raises(InvalidArgumentError, match=r"^input size does not match signature: 0!=1"):
        prediction.predict(catalog, asked)


def test_a_request_waits_no_longer_than_its_caller(catalog: Catalog, loader: FakeLoader) -> None:
    loader.loaded[0].go.clear()
    with pytest.raises(DeadlineError):
        prediction.predict(catalog, request(inputs={"waveform": SILENCE}), timeout_seconds=0.0)
