"""One set of questions to both back ends, as processes and over gRPC, and what only TensorFlow can run.

The process that runs SavedModels has TensorFlow's own messages in memory beside ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from integration.model_server.rest_client import rest_client
from integration.model_server.served import DEADLINE_SECONDS, Client, port_of, scores
from support.processes.service_process import ServiceProcess

from tears.model_server.wire import tensors as codec
from tears.model_server.wire.signatures import TensorSpec
from tears.tfserving import signatures
from tears.tfserving.methods import CLASSIFY, MULTI_INFERENCE, REGRESS
from tears.tfserving.v1 import classification_pb2, inference_pb2, input_pb2, predict_pb2, regression_pb2, tensor_pb2

TENSORFLOW, LITERT = "TensorFlow", "LiteRT"
# TensorFlow takes seconds to come up, more of them on a busy machine.
START_SECONDS = 90.0


class Engine:
    """A server of the whole zoo, its folders run by one back end where they hold models for both."""

    def __init__(self, process: ServiceProcess, channel: grpc.Channel) -> None:
        self.process = process
        self.channel = channel
        self.client = Client(channel)


@pytest.fixture(scope="module")
def engines(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Engine]]:
    folder = tmp_path_factory.mktemp("engines")
    started: dict[str, Engine] = {}

    def engine(name: str) -> Engine:
        if name not in started:
            wanted = "1/model.tflite" if name == LITERT else "1"
            models = [path for path in sorted(zoo.iterdir()) if (path / wanted).exists()]
            config = folder / f"{name}.config"
            config.write_text(f"model_config_list {{ {' '.join(map(_config, models))} }}")
            arguments = ["--port=0", "--rest_api_port=-1", f"--model_config_file={config}"]
            arguments += [] if name == LITERT else ["--prefer_tflite_model=false"]
            arguments += ["--log_format=text", "--file_system_poll_wait_seconds=0", "--tflite_interpreters=1"]
            process = ServiceProcess("tears.model_server", {}, folder / f"{name}.log", arguments=arguments)
            process.wait_for_log(r"gRPC on port \d+", START_SECONDS)
            started[name] = Engine(process, grpc.insecure_channel(f"localhost:{port_of(process)}"))
        return started[name]

    yield engine
    for one in started.values():
        one.channel.close()
        one.process.kill()


@pytest.fixture(params=[LITERT, TENSORFLOW])
def client(engines: Callable[[str], Engine], request: pytest.FixtureRequest) -> Client:
    return engines(request.param).client


@pytest.fixture
def tensorflow(engines: Callable[[str], Engine]) -> Engine:
    return engines(TENSORFLOW)


def _config(path: Path) -> str:
    model = f'name: "{path.name}" base_path: "{path}" model_platform: "tensorflow"'
    return f"config {{ {model} }}"


def arrays(reply: predict_pb2.PredictResponse) -> dict[str, Any]:
    """The outputs, strings as bytes."""
    return {
        alias: codec.decode(alias, tensor, TensorSpec("", tensor.dtype, None)).tolist()
        for alias, tensor in reply.outputs.items()
    }


def refusal(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return refused.value.code(), refused.value.details() or ""


def test_each_folder_is_run_by_what_is_preferred_and_tensorflow_is_not_in_memory_for_nothing(
    engines: Callable[[str], Engine],
) -> None:
    for name in (LITERT, TENSORFLOW):
        maps = Path(f"/proc/{engines(name).process.pid}/maps").read_text()
        assert ("libtensorflow" in maps) is (name == TENSORFLOW)
        # TensorFlow 2 writes its initialiser among the signatures; TFLite has none.
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


def test_an_output_filter_computes_what_it_names(client: Client) -> None:
    request = predict_pb2.PredictRequest(model_spec={"name": "cry"}, output_filter=["noise"])
    request.inputs["waveform"].CopyFrom(codec.encode(np.zeros((1, 110_250), np.float32), as_content=True))
    assert arrays(client.predict_rpc(request, timeout=DEADLINE_SECONDS)) == {"noise": [1.0]}


def test_strings_come_out(client: Client) -> None:
    level = np.array([0.25, 0.75], np.float32)
    assert arrays(client.predict("loudness", {"level": level})) == {"word": [b"quiet", b"loud"], "level": [0.25, 0.75]}


def test_int16_windows_are_taken_as_they_are(client: Client) -> None:
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


def test_a_file_of_older_tensorflow_takes_a_shape_that_it_does_not_promise(client: Client) -> None:
    for shape in ((1,), (1, 1), (3,)):
        reply = client.predict("frozen_with_metadata", {"x": np.full(shape, 2, np.float32)})
        assert arrays(reply) == {"y": np.full(shape, 3).tolist()}


def test_a_graph_decides_which_shapes_it_takes(tensorflow: Engine) -> None:
    three = np.array([2, 3, 4], np.float32)
    assert arrays(tensorflow.client.predict("tensorflow_1", {"x": three})) == {"y": [3.0, 3.5, 4.0]}
    for value in (np.array(2, np.float32), np.ones((1, 2, 1), np.float32)):
        assert arrays(tensorflow.client.predict("any_rank", {"x": value})) == {"y": (value / 2 + 2).tolist()}
    shape = signatures.unpack(tensorflow.client.metadata("any_rank")).signature_def["serving_default"].inputs["x"]
    assert shape.tensor_shape.unknown_rank


def test_every_dtype_of_tensorflow_goes_in_and_comes_out(tensorflow: Engine) -> None:
    request = predict_pb2.PredictRequest(model_spec={"name": "echo_all"})
    sent = {
        "double": np.array([0.1, -1e300]),
        "float": np.array([0.5, -1], np.float32),
        "half": np.array([0.5, -2], np.float16),
        "complex64": np.array([1 + 2j, -1], np.complex64),
        "complex128": np.array([1e300 + 2j, -1]),
        "bool": np.array([True, False]),
        "string": np.array([b"a\0\xff", b""], object),
        **{
            f"{kind}{bits}": np.array([np.iinfo(f"{kind}{bits}").min, np.iinfo(f"{kind}{bits}").max], f"{kind}{bits}")
            for kind in ("int", "uint")
            for bits in (8, 16, 32, 64)
        },
    }
    for as_content in (False, True):
        for name, array in sent.items():
            request.inputs[name].CopyFrom(codec.encode(array, as_content=as_content))
        bits = tensor_pb2.TensorProto(dtype=tensor_pb2.DT_BFLOAT16, half_val=[0x3F80, 0xC000])
        bits.tensor_shape.dim.add(size=2)
        request.inputs["bfloat16"].CopyFrom(bits)
        reply = tensorflow.client.predict_rpc(request, timeout=DEADLINE_SECONDS)
        expected = {f"{name}_out": [[element] for element in array.tolist()] for name, array in sent.items()}
        assert arrays(reply) == {**expected, "bfloat16_out": [[1.0], [-2.0]]}


def test_an_input_that_has_a_default_may_be_left_out(tensorflow: Engine) -> None:
    ones = np.ones(2, np.float32)
    assert arrays(tensorflow.client.predict("sum_with_defaults", {"a": ones})) == {"sum": [11.0, 11.0]}
    assert arrays(tensorflow.client.predict("sum_with_defaults", {"a": ones, "b": ones})) == {"sum": [2.0, 2.0]}
    code, message = refusal(lambda: tensorflow.client.predict("sum_with_defaults", {"b": ones}))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert message.startswith("Signature input alias: a(feed name: serving_default_a:0) not found in request")


def test_tensorflows_own_errors_keep_their_codes_and_words(tensorflow: Engine) -> None:
    two, none = np.full(2, 2, np.int32), np.zeros(2, np.int32)
    code, message = refusal(lambda: tensorflow.client.predict("quotient", {"a": two, "b": none}))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "Integer division by zero" in message
    init = "__saved_model_init_op"
    code, message = refusal(lambda: tensorflow.client.predict("cry", {}, signature_name=init))
    assert (code, message) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        f"output {init} is DT_INVALID, which cannot be sent",
    )


def examples(*values: float) -> input_pb2.Input:
    given = input_pb2.Input()
    for value in values:
        given.example_list.examples.add().features.feature["x"].float_list.value.append(value)
    return given


@pytest.mark.parametrize(("model", "signature"), [("tensorflow_1", "classify_x_to_y"), ("examples", "classify_x")])
def test_examples_are_classified(tensorflow: Engine, model: str, signature: str) -> None:
    request = classification_pb2.ClassificationRequest(
        model_spec={"name": model, "signature_name": signature}, input=examples(2.0, 4.0)
    )
    reply = CLASSIFY.on(tensorflow.channel)(request, timeout=DEADLINE_SECONDS)
    found = [[(one.label, one.score) for one in row.classes] for row in reply.result.classifications]
    if model == "tensorflow_1":
        assert found == [[("", 3.0)], [("", 4.0)]]
    else:
        assert found == [[("low", -2.0), ("high", 3.0)], [("low", -3.0), ("high", 4.0)]]


@pytest.mark.parametrize(("model", "signature"), [("tensorflow_1", "regress_x_to_y"), ("examples", "regress_x")])
def test_examples_are_regressed(tensorflow: Engine, model: str, signature: str) -> None:
    request = regression_pb2.RegressionRequest(
        model_spec={"name": model, "signature_name": signature}, input=examples(2.0, 4.0)
    )
    reply = REGRESS.on(tensorflow.channel)(request, timeout=DEADLINE_SECONDS)
    assert [one.value for one in reply.result.regressions] == [3.0, 4.0]


@pytest.mark.parametrize(
    ("document", "results"),
    [
        ({"examples": [{"x": 80.0}, {"x": [2.0]}]}, [42.0, 3.0]),
        ({"signature_name": "regress_x", "context": {"x": 4.0}, "examples": [{}, {"x": 2.0}]}, [4.0, 3.0]),
    ],
)
def test_examples_are_regressed_over_rest(
    tensorflow: Engine, document: dict[str, object], results: list[float]
) -> None:
    answer = rest_client(tensorflow.process).ask("POST", "/v1/models/examples:regress", document)
    assert (answer.status, answer.json) == (200, {"results": results})


def test_examples_are_classified_over_rest(tensorflow: Engine) -> None:
    document = {"signature_name": "classify_x", "examples": [{"x": 20.0}, {"x": 2.0}]}
    answer = rest_client(tensorflow.process).ask("POST", "/v1/models/examples:classify", document)
    assert (answer.status, answer.json) == (
        200,
        {"results": [[["low", -11.0], ["high", 12.0]], [["low", -2.0], ["high", 3.0]]]},
    )
    document["signature_name"] = "none"
    answer = rest_client(tensorflow.process).ask("POST", "/v1/models/examples:classify", document)
    assert (answer.status, answer.error) == (400, "No signature was found with the name: none")


def test_one_request_is_classified_and_regressed(tensorflow: Engine) -> None:
    request = inference_pb2.MultiInferenceRequest(input=examples(2.0))
    for signature, method in (("regress_x_to_y", "regress"), ("classify_x_to_y", "classify")):
        spec = {"name": "tensorflow_1", "signature_name": signature}
        request.tasks.add(model_spec=spec, method_name=f"tensorflow/serving/{method}")
    regressed, classified = MULTI_INFERENCE.on(tensorflow.channel)(request, timeout=DEADLINE_SECONDS).results
    assert regressed.regression_result.regressions[0].value == 3.0
    assert classified.classification_result.classifications[0].classes[0].score == 3.0


def test_method_names_are_told_as_they_were_exported(tensorflow: Engine) -> None:
    found = signatures.unpack(tensorflow.client.metadata("tensorflow_1")).signature_def
    assert {name: signature.method_name for name, signature in found.items()} == {
        "serving_default": "tensorflow/serving/predict",
        "regress_x_to_y": "tensorflow/serving/regress",
        "classify_x_to_y": "tensorflow/serving/classify",
    }


def test_a_variable_of_tensorflow_1_is_read_and_raised_by_signatures_that_may_take_nothing(tensorflow: Engine) -> None:
    def count(signature: str, **inputs: float) -> list[float]:
        given = {name: np.float32(value) for name, value in inputs.items()}
        return scores(tensorflow.client.predict("counter", given, signature_name=signature))["count"]

    assert [count("get"), count("raise"), count("raise_by", delta=2.5), count("get")] == [[0.0], [1.0], [3.5], [3.5]]
    document = {"signature_name": "raise_by", "inputs": 0.5}
    answer = rest_client(tensorflow.process).ask("POST", "/v1/models/counter:predict", document)
    assert (answer.status, answer.json) == (200, {"outputs": 4.0})
    # Over REST a signature that takes nothing cannot be called, as in TF Serving.
    answer = rest_client(tensorflow.process).ask("POST", "/v1/models/counter:predict", {"signature_name": "get"})
    assert answer.status == 400
    told = rest_client(tensorflow.process).get("/v1/models/counter/metadata").json["metadata"]["signature_def"]
    assert told["signature_def"]["get"]["outputs"]["count"]["dtype"] == "DT_FLOAT_REF"


def test_a_version_that_cannot_be_loaded_says_why(client: Client) -> None:
    assert client.states("bad_metadata") == {1: "END"}
    assert client.states("half_plus_two") == {1: "AVAILABLE"}
    assert scores(client.predict("half_plus_two", {"x": np.ones((1, 1), np.float32)})) == {"y": [2.5]}
