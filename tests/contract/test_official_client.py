"""The official client asks our server for predictions, metadata and status."""

from typing import Any

import pytest
from contract.conftest import Judge

WINDOW = [[0.25] * 110_250]
ONE_WINDOW = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 1}, {"size": 110_250}]}, "float_val": [0.25]}


@pytest.mark.parametrize("reading", ["content", "fields"])
def test_predict_reads_the_window_from_content_and_from_typed_fields(
    judge: Judge, our_server: str, reading: str
) -> None:
    scores = judge(
        "predict",
        address=our_server,
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


def test_predict_names_the_version_and_uses_typed_fields(judge: Judge, our_server: str) -> None:
    request = {
        "model_spec": {"name": "two_signatures", "version": "1", "signature_name": "three"},
        "inputs": {
            "x": {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 3}]}, "float_val": [1, 2]},
        },
        "output_filter": ["floor"],
    }
    reply = judge("ask", address=our_server, rpc="Predict", request=request)
    assert reply["read"] == {
        "model_spec": {"name": "two_signatures", "version": "1", "signature_name": "three"},
        "outputs": {
            "floor": {"dtype": "DT_INT32", "tensor_shape": {"dim": [{"size": "3"}]}, "int_val": [3, 4, 4]},
        },
    }


def test_nan_arrives_as_nan(judge: Judge, our_server: str) -> None:
    request = {"model_spec": {"name": "nan"}, "inputs": {"waveform": ONE_WINDOW}}
    reply = judge("ask", address=our_server, rpc="Predict", request=request)
    assert reply["read"]["outputs"]["crying"]["float_val"] == ["NaN"]


def test_metadata_is_unpacked_by_the_official_class(judge: Judge, our_server: str) -> None:
    signatures = judge("read_metadata", address=our_server, model="cry")["signature_def"]
    assert list(signatures) == ["serving_default"]
    assert signatures["serving_default"]["method_name"] == "tensorflow/serving/predict"
    assert signatures["serving_default"]["inputs"] == {
        "waveform": {
            "name": "serving_default_waveform:0",
            "dtype": "DT_FLOAT",
            "tensor_shape": {"dim": [{"size": "1"}, {"size": "110250"}]},
        }
    }


def test_metadata_is_the_same_as_from_tensorflow_for_the_saved_model(
    judge: Judge, our_server: str, official_server: str
) -> None:
    def described(address: str) -> dict[str, Any]:
        signature = judge("read_metadata", address=address, model="cry")["signature_def"]["serving_default"]
        return {
            side: {name: (info["dtype"], info["tensor_shape"]) for name, info in signature[side].items()}
            for side in ("inputs", "outputs")
        } | {"method_name": signature["method_name"]}

    assert described(our_server) == described(official_server)


def test_scores_are_the_same_as_from_tensorflow_for_the_saved_model(
    judge: Judge, our_server: str, official_server: str
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
        for address in (our_server, official_server)
    )
    assert ours == {name: pytest.approx(values, abs=1e-5) for name, values in theirs.items()}


@pytest.mark.parametrize("spec", [{"name": "cry"}, {"name": "cry", "version": "1"}])
def test_status_is_read_by_the_official_class(judge: Judge, our_server: str, spec: dict[str, Any]) -> None:
    reply = judge("ask", address=our_server, rpc="GetModelStatus", request={"model_spec": spec})
    assert reply["read"] == {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": {}}]}
