"""The same questions to both engines, as processes and over gRPC."""

from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
import pytest
from integration.model_server.engines.engine_server import LITERT, TENSORFLOW, Engine, arrays
from integration.model_server.served import DEADLINE_SECONDS, Client, refusal, scores

from tears.model_server.wire import tensors as codec
from tears.tfserving import signatures
from tears.tfserving.v1 import predict_pb2


def test_the_preferred_engine_runs_each_folder_and_tensorflow_is_loaded_only_if_needed(
    engines: Callable[[str], Engine],
) -> None:
    for name in (LITERT, TENSORFLOW):
        maps = Path(f"/proc/{engines(name).process.pid}/maps").read_text()
        assert ("libtensorflow" in maps) is (name == TENSORFLOW)
        # TensorFlow 2 writes its initialiser as a signature; TFLite has none.
        found = signatures.unpack(engines(name).client.metadata("half_plus_two")).signature_def
        assert ("__saved_model_init_op" in found) is (name == TENSORFLOW)


@pytest.mark.parametrize(("model", "summand"), [("half_plus_two", 2), ("half_plus_three", 3)])
def test_a_batch_of_any_size_is_computed(client: Client, model: str, summand: int) -> None:
    for rows in (1, 3, 0, 2):
        x = np.arange(rows, dtype=np.float32).reshape(rows, 1)
        assert arrays(client.predict(model, {"x": x})) == {"y": (x / 2 + summand).tolist()}


def test_each_signature_computes_its_own_and_is_named_in_the_reply(client: Client) -> None:
    x = np.array([1, 2, 4], np.float32)
    reply = client.predict("two_signatures", {"x": x}, signature_name="three")
    assert arrays(reply) == {"y": [3.5, 4.0, 5.0], "floor": [3, 4, 5]}
    assert reply.model_spec.signature_name == "three"


def test_an_output_filter_selects_the_outputs(client: Client) -> None:
    request = predict_pb2.PredictRequest(model_spec={"name": "cry"}, output_filter=["noise"])
    request.inputs["waveform"].CopyFrom(codec.encode_tensor(np.zeros((1, 110_250), np.float32), as_content=True))
    assert arrays(client.predict_rpc(request, timeout=DEADLINE_SECONDS)) == {"noise": [1.0]}


def test_strings_come_out(client: Client) -> None:
    level = np.array([0.25, 0.75], np.float32)
    assert arrays(client.predict("loudness", {"level": level})) == {"word": [b"quiet", b"loud"], "level": [0.25, 0.75]}


def test_int16_windows_are_accepted(client: Client) -> None:
    window = np.full((1, 110_250), 16_384, np.int16)
    assert arrays(client.predict("cry_int16", {"waveform": window}))["crying"] == [pytest.approx(0.5)]


def test_scalars_come_out(client: Client) -> None:
    assert arrays(client.predict("rows", {"x": np.ones((2, 3), np.float32)})) == {
        "all": 6.0,
        "sum": [3.0, 3.0],
        "length": [3.0, 3.0],
    }


def test_a_wrong_dtype_is_an_invalid_argument(client: Client) -> None:
    code, message = refusal(lambda: client.predict("half_plus_two", {"x": np.ones((1, 1), np.float64)}))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "takes DT_FLOAT, the request has DT_DOUBLE" in message


def test_a_shape_that_the_graph_cannot_compute_is_an_invalid_argument(client: Client) -> None:
    inputs = {"a": np.ones(3, np.float32), "b": np.ones(2, np.float32)}
    assert refusal(lambda: client.predict("sum", inputs))[0] is grpc.StatusCode.INVALID_ARGUMENT


def test_fewer_samples_than_a_graph_needs_are_an_invalid_argument(client: Client) -> None:
    code, _ = refusal(lambda: client.predict("sound", {"x": np.zeros((1, 2, 1), np.float32)}))
    assert code is grpc.StatusCode.INVALID_ARGUMENT


def test_an_output_may_be_empty(client: Client) -> None:
    reply = client.predict("sound", {"x": np.array([0.1, 0.2], np.float32)}, signature_name="loud")
    assert arrays(reply)["where"] == []


def test_a_file_of_older_tensorflow_accepts_a_shape_that_it_does_not_promise(client: Client) -> None:
    for shape in ((1,), (1, 1), (3,)):
        reply = client.predict("frozen_with_metadata", {"x": np.full(shape, 2, np.float32)})
        assert arrays(reply) == {"y": np.full(shape, 3).tolist()}


def test_a_version_that_cannot_be_loaded_says_why(client: Client) -> None:
    assert client.states("bad_metadata") == {1: "END"}
    assert client.states("half_plus_two") == {1: "AVAILABLE"}
    assert scores(client.predict("half_plus_two", {"x": np.ones((1, 1), np.float32)})) == {"y": [2.5]}
