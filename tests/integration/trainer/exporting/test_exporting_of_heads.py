"""The export of a model with a linear head: three signatures, and a head that stands in the file by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from support.training.exports import export_with_head, untrained_features
from tensorflow_serving.apis import prediction_log_pb2

from tears.audio.format import int16_from_float
from tears.model_server.warmup.expected_scores import read_expected_scores
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.tflite_head import HEAD_TENSORS, read_head
from tears.trainer.errors import ExportError
from tears.trainer.exporting.comparison import named_windows
from tears.trainer.exporting.tflite_graph import read_model, signature_of

FEATURES = 24
# Bias and scale occur elsewhere in the file too: a converter would let all of them share a buffer.
HEAD = DecisionHead(np.linspace(-3, 3, FEATURES, dtype=np.float32), 0.0, 1.0, -0.25)


@pytest.fixture(scope="module")
def features_model() -> Any:
    return untrained_features(FEATURES)


@pytest.fixture(scope="module")
def version(features_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an exported version; tests must not change its files."""
    return export_with_head(features_model, tmp_path_factory.mktemp("exported"), HEAD)


def interpreter_of(version: Path) -> Interpreter:
    return Interpreter(model_path=str(version / "model.tflite"), num_threads=1)


def test_both_formats_have_the_three_signatures_with_named_tensors(version: Path) -> None:
    signatures = tf.saved_model.load(str(version)).signatures

    assert interpreter_of(version).get_signature_list() == {
        "serving_default": {"inputs": ["waveform"], "outputs": ["crying", "other"]},
        "serving_int16": {"inputs": ["waveform"], "outputs": ["crying", "other"]},
        "embed": {"inputs": ["waveform"], "outputs": ["features"]},
    }
    assert {name: set(one.structured_outputs) for name, one in signatures.items()} == {
        "serving_default": {"crying", "other"},
        "serving_int16": {"crying", "other"},
        "embed": {"features"},
    }
    assert signatures["embed"].structured_outputs["features"].shape.as_list() == [1, FEATURES]


def test_the_scores_are_the_head_s_for_the_features_that_embed_returns(version: Path) -> None:
    interpreter = interpreter_of(version)
    scores, embed = interpreter.get_signature_runner("serving_default"), interpreter.get_signature_runner("embed")
    for signal, window in named_windows().items():
        expected = float(HEAD.scores(embed(waveform=window[np.newaxis])["features"])[0])
        answer = scores(waveform=window[np.newaxis])
        assert float(answer["crying"].item()) == pytest.approx(expected, abs=1e-5), signal
        assert float(answer["other"].item()) == pytest.approx(1 - expected, abs=1e-5), signal


def test_features_and_scores_come_from_one_graph_and_only_integers_have_their_own(version: Path) -> None:
    model = read_model((version / "model.tflite").read_bytes())

    graphs = {name: signature_of(model, name).subgraphIndex for name in ("serving_default", "embed", "serving_int16")}
    assert graphs == {"serving_default": 0, "embed": 0, "serving_int16": 1}
    assert interpreter_of(version).num_subgraphs() == 2


def test_both_formats_give_integers_the_scores_of_the_same_floats_to_the_last_bit(version: Path) -> None:
    loaded = tf.saved_model.load(str(version))
    interpreter = interpreter_of(version)
    for signal, window in named_windows().items():
        floats, integers = window[np.newaxis], int16_from_float(window)[np.newaxis]
        of_floats = interpreter.get_signature_runner("serving_default")(waveform=floats)
        of_integers = interpreter.get_signature_runner("serving_int16")(waveform=integers)
        assert of_integers == of_floats, signal
        saved_floats = loaded.signatures["serving_default"](waveform=tf.constant(floats))
        saved_integers = loaded.signatures["serving_int16"](waveform=tf.constant(integers))
        assert saved_integers["crying"].numpy() == saved_floats["crying"].numpy(), signal


def test_the_warm_up_requests_ask_for_integers_as_the_classifier_does(version: Path) -> None:
    path = version / "assets.extra" / "tf_serving_warmup_requests"
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))
    ]
    requests = [log.predict_log.request for log in logs]

    assert [request.model_spec.signature_name for request in requests] == ["serving_default", *["serving_int16"] * 3]
    waveforms = [tf.make_ndarray(request.inputs["waveform"]) for request in requests]
    assert [waveform.dtype for waveform in waveforms] == [np.float32, *[np.int16] * 3]
    np.testing.assert_array_equal(waveforms[3][0], int16_from_float(named_windows()["cry-like"]))
    assert len(read_expected_scores(version)) == len(requests)


@pytest.mark.parametrize("quantize", [False, True], ids=["float", "eight bits"])
def test_the_head_stands_in_the_file_with_all_its_bits(features_model: Any, tmp_path: Path, *, quantize: bool) -> None:
    weights = np.random.default_rng(1).normal(size=FEATURES).astype(np.float32)
    head = DecisionHead(weights, 0.1, 1.7, 0.3)
    version = export_with_head(features_model, tmp_path, head, quantize=quantize)
    read = read_head((version / "model.tflite").read_bytes())

    assert np.array_equal(read.weights, weights)
    assert (read.bias, read.scale, read.offset) == tuple(np.array([0.1, 1.7, 0.3], np.float32).tolist())


def test_no_part_of_the_head_shares_its_numbers_with_another_constant(version: Path) -> None:
    details = {detail["name"]: detail for detail in interpreter_of(version).get_tensor_details()}

    assert set(HEAD_TENSORS.values()) <= set(details)
    assert all(details[name]["dtype"] is np.float32 for name in HEAD_TENSORS.values())
    # It would raise if another constant used its buffer.
    assert read_head((version / "model.tflite").read_bytes()).bias == 0.0


def test_fine_tuning_may_train_the_weights_of_the_head_but_not_its_calibration(version: Path) -> None:
    # The signature alone would not keep the variables alive.
    loaded = tf.saved_model.load(str(version))
    variables = loaded.signatures["serving_default"].variables
    may_train = {one.name.partition(":")[0]: one.trainable for one in variables if one.name.startswith("head/")}

    assert may_train == {"head/weights": True, "head/bias": True, "head/scale": False, "head/offset": False}


def test_a_head_for_another_number_of_features_is_refused(features_model: Any, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="the head has 3 weights, and the model 24 features"):
        export_with_head(features_model, tmp_path, DecisionHead(np.ones(3, np.float32), 0.0))
    assert list(tmp_path.iterdir()) == []
