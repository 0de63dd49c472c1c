"""Models that only TensorFlow can run, with its messages in the server's memory beside ours."""

import subprocess
import sys
from pathlib import Path

import grpc
import numpy as np
import pytest
from integration.model_server.engines.engine_server import Engine, arrays
from integration.model_server.rest.rest_client import rest_client
from integration.model_server.served import DEADLINE_SECONDS, publish, refusal, scores
from support.processes.service_process import ServiceProcess

from tears.model_server.wire import tensors as codec
from tears.tfserving import signatures
from tears.tfserving.methods import CLASSIFY, MULTI_INFERENCE, REGRESS
from tears.tfserving.v1 import classification_pb2, inference_pb2, input_pb2, predict_pb2, regression_pb2, tensor_pb2

START_SECONDS = 100.0  # it imports TensorFlow, on a busy machine


def test_the_graph_decides_which_shapes_it_accepts(tensorflow: Engine) -> None:
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
            request.inputs[name].CopyFrom(codec.encode_tensor(array, as_content=as_content))
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


def test_method_names_are_reported_as_they_were_exported(tensorflow: Engine) -> None:
    found = signatures.unpack(tensorflow.client.metadata("tensorflow_1")).signature_def
    assert {name: signature.method_name for name, signature in found.items()} == {
        "serving_default": "tensorflow/serving/predict",
        "regress_x_to_y": "tensorflow/serving/regress",
        "classify_x_to_y": "tensorflow/serving/classify",
    }


def test_a_variable_of_tensorflow_1_is_read_and_increased_by_signatures_without_inputs(tensorflow: Engine) -> None:
    def count(signature: str, **inputs: float) -> list[float]:
        given = {name: np.float32(value) for name, value in inputs.items()}
        return scores(tensorflow.client.predict("counter", given, signature_name=signature))["count"]

    assert [count("get"), count("raise"), count("raise_by", delta=2.5), count("get")] == [[0.0], [1.0], [3.5], [3.5]]
    document = {"signature_name": "raise_by", "inputs": 0.5}
    answer = rest_client(tensorflow.process).ask("POST", "/v1/models/counter:predict", document)
    assert (answer.status, answer.json) == (200, {"outputs": 4.0})
    # As in TF Serving, a signature without inputs cannot be called over REST.
    answer = rest_client(tensorflow.process).ask("POST", "/v1/models/counter:predict", {"signature_name": "get"})
    assert answer.status == 400
    metadata = rest_client(tensorflow.process).get("/v1/models/counter/metadata").json["metadata"]["signature_def"]
    assert metadata["signature_def"]["get"]["outputs"]["count"]["dtype"] == "DT_FLOAT_REF"


def test_an_operator_that_tensorflow_lacks_is_named_with_what_to_install(zoo: Path, tmp_path: Path) -> None:
    publish(zoo / "examples" / "1", tmp_path / "m", "1")
    path = tmp_path / "m" / "1" / "saved_model.pb"
    content = path.read_bytes()
    assert b"ParseExampleV2" in content
    path.write_bytes(content.replace(b"ParseExampleV2", b"SentencepieceX"))
    arguments = ["--port=0", f"--model_base_path={tmp_path / 'm'}", "--log_format=text"]
    with ServiceProcess("tears.model_server", {}, tmp_path / "log", arguments=arguments) as process:
        process.wait_for_log(
            "the model uses the operator SentencepieceX, which TensorFlow itself does not have; .* pip install "
            "tensorflow-text",
            START_SECONDS,
        )


def test_a_large_request_does_not_stop_others_while_garbage_is_collected(zoo: Path) -> None:
    """Load TensorFlow in a process of its own, and look at what a collection has to go through afterwards."""
    program = (
        "import gc, sys; from pathlib import Path; "
        "from tears.model_server.engines.saved_model import SavedModelServable, SessionOptions; "
        "SavedModelServable(Path(sys.argv[1]), SessionOptions()); print(len(gc.get_objects()), gc.get_freeze_count())"
    )
    command = [sys.executable, "-c", program, str(zoo / "half_plus_two" / "1")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    walked, frozen = map(int, printed.split())
    assert walked < frozen / 2
