"""`tears-model-server` as a process, on real models and over real gRPC."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import grpc
import numpy as np
import pytest
from integration.model_server.served import WINDOW, Client, port_of, refusal, rss_bytes, scores, serving
from support.waiting import wait_until

from tears.model_server.message_limit import LEAST_MESSAGE_BYTES
from tears.tfserving import signatures, tensors
from tears.tfserving.methods import PREDICT, Method
from tears.tfserving.v1 import predict_pb2, tensor_pb2

MAX_RSS_BYTES = 90 * 1024 * 1024


def test_a_window_gets_a_score_per_label_and_metadata_lists_the_labels(zoo: Path, tmp_path: Path) -> None:
    with serving(zoo / "cry", tmp_path / "log") as (_, client):
        reply = client.predict("cry", {"waveform": WINDOW})
        assert scores(reply) == {
            "crying": [pytest.approx(0.25, abs=1e-4)],
            "noise": [pytest.approx(0.75, abs=1e-4)],
            "other noise": [0.0],
        }
        assert reply.model_spec.version.value == 1
        signature = signatures.unpack(client.metadata("cry")).signature_def["serving_default"]
        assert sorted(signature.outputs) == ["crying", "noise", "other noise"]
        assert [dim.size for dim in signature.inputs["waveform"].tensor_shape.dim] == [1, 110_250]
        assert client.states("cry") == {1: "AVAILABLE"}


def test_a_small_model_is_served_in_90_mib(zoo: Path, tmp_path: Path) -> None:
    with serving(zoo / "cry", tmp_path / "log") as (process, client):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: client.predict("cry", {"waveform": WINDOW}), range(100)))
        assert rss_bytes(process) < MAX_RSS_BYTES


def test_an_interpreter_does_not_stay_as_large_as_its_largest_request(zoo: Path, tmp_path: Path) -> None:
    with serving(zoo / "rows", tmp_path / "log", model="rows") as (process, client):
        before = rss_bytes(process)
        for columns in (8_000_000, 8_000_000, 8_000_000, 3):
            reply = client.predict("rows", {"x": np.ones((1, columns), np.float32)})
            assert scores(reply)["all"] == [columns]
        wait_until(lambda: rss_bytes(process) - before < 16 * 1024 * 1024)


def test_a_nan_from_a_diverged_model_reaches_the_caller(zoo: Path, tmp_path: Path) -> None:
    with serving(zoo / "nan", tmp_path / "log", model="nan") as (_, client):
        (score,) = scores(client.predict("nan", {"waveform": WINDOW}))["crying"]
        assert np.isnan(score)


def test_every_dtype_goes_in_and_comes_out(zoo: Path, tmp_path: Path) -> None:
    sent = {
        "double": np.array([0.1, -1e300]),
        "int32": np.array([-(2**31), 7], np.int32),
        "int64": np.array([-(2**63), 7], np.int64),
        "bool": np.array([True, False]),
        "string": np.array([b"a\0\xff", b""], object),
        "uint8": np.array([255, 0], np.uint8),
        "int8": np.array([-128, 127], np.int8),
    }
    with serving(zoo / "echo", tmp_path / "log", model="echo") as (_, client):
        reply = client.predict("echo", sent)
    received = scores(
        predict_pb2.PredictResponse(outputs={k: v for k, v in reply.outputs.items() if k != "string_out"})
    )
    assert received == {f"{name}_out": array.tolist() for name, array in sent.items() if name != "string"}
    strings = reply.outputs["string_out"]
    assert (strings.dtype, list(strings.string_val)) == (tensor_pb2.DT_STRING, [b"a\0\xff", b""])


def test_an_unknown_rpc_is_unimplemented(zoo: Path, tmp_path: Path) -> None:
    services = {"PredictionService": "PredictStreamed", "SessionService": "SessionRun"}
    with (
        serving(zoo / "cry", tmp_path / "log") as (process, _),
        grpc.insecure_channel(f"localhost:{port_of(process)}") as channel,
    ):
        for service, name in services.items():
            absent = Method(
                f"tensorflow.serving.{service}", name, predict_pb2.PredictRequest, predict_pb2.PredictResponse
            )
            code, _ = refusal(partial(absent.on(channel), predict_pb2.PredictRequest(), timeout=10.0))
            assert code is grpc.StatusCode.UNIMPLEMENTED


def test_messages_above_grpcs_default_limit_are_received_and_sent(zoo: Path, tmp_path: Path) -> None:
    unlimited = [("grpc.max_receive_message_length", -1)]
    with (
        serving(zoo / "half_plus_two", tmp_path / "log", model="m") as (process, _),
        grpc.insecure_channel(f"localhost:{port_of(process)}", unlimited) as channel,
    ):
        reply = Client(channel).predict("m", {"x": np.ones((2_000_000, 1), np.float32)})  # 8 MB each way
    assert tensors.shape_of(reply.outputs["y"]) == (2_000_000, 1)


def test_messages_that_no_served_model_takes_are_refused_before_they_take_memory(zoo: Path, tmp_path: Path) -> None:
    body = bytes(60_000_000)
    with (
        serving(zoo / "cry", tmp_path / "log") as (process, client),
        ExitStack() as stack,
        ThreadPoolExecutor(4) as pool,
    ):
        options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        address = f"localhost:{port_of(process)}"
        channels = [stack.enter_context(grpc.insecure_channel(address, options)) for _ in range(4)]

        def send(channel: grpc.Channel) -> tuple[grpc.StatusCode, str]:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(PREDICT.path)
            return refusal(partial(call, body, timeout=60.0))

        for code, text in pool.map(send, channels):
            assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert f"{LEAST_MESSAGE_BYTES}" in text
        assert rss_bytes(process, "VmHWM") < MAX_RSS_BYTES + 64 * 1024 * 1024
        assert client.predict("cry", {"waveform": WINDOW}).model_spec.version.value == 1


def test_the_server_also_listens_on_a_unix_socket(zoo: Path, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with serving(zoo / "cry", tmp_path / "log", flags=["--grpc_socket_path", str(path)]) as (process, _):
        with grpc.insecure_channel(f"unix:{path}") as channel:
            assert Client(channel).predict("cry", {"waveform": WINDOW}).model_spec.version.value == 1
        process.terminate()
        assert process.wait_for_exit() == 0
    assert not path.exists()


def test_a_unix_socket_belongs_to_the_last_server_even_if_the_earlier_one_was_killed(zoo: Path, tmp_path: Path) -> None:
    flags = ["--grpc_socket_path", str(tmp_path / "s")]
    x = {"x": np.ones((1, 1), np.float32)}
    with serving(zoo / "half_plus_two", tmp_path / "log_1", model="two", flags=flags) as (first, client):
        with serving(zoo / "half_plus_three", tmp_path / "log_2", model="three", flags=flags) as (second, _):
            with grpc.insecure_channel(f"unix:{tmp_path / 's'}") as channel:
                assert scores(Client(channel).predict("three", x)) == {"y": [3.5]}
            assert scores(client.predict("two", x)) == {"y": [2.5]}  # it still serves on its port
            second.kill()
        first.kill()
    with (
        serving(zoo / "half_plus_two", tmp_path / "log_3", model="two", flags=flags),
        grpc.insecure_channel(f"unix:{tmp_path / 's'}") as channel,
    ):
        assert scores(Client(channel).predict("two", x)) == {"y": [2.5]}
