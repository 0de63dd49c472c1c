"""`tears-model-server` as a process, on real models and over real gRPC."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2
from integration.model_server.served import Client, port_of, publish, scores, serving
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.tfserving import signatures, tensors
from tears.tfserving.methods import Method
from tears.tfserving.v1 import predict_pb2, tensor_pb2

WINDOW = np.full((1, 110_250), 0.25, np.float32)
MAX_RSS_BYTES = 90 * 1024 * 1024


def rss_bytes(process: ServiceProcess) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def refusal(call: Callable[[], object]) -> tuple[grpc.StatusCode, str | None]:
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return refused.value.code(), refused.value.details()


def test_a_window_gets_a_score_per_label_and_metadata_tells_the_labels(zoo: Path, tmp_path: Path) -> None:
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


def test_a_diverged_models_nan_reaches_the_caller(zoo: Path, tmp_path: Path) -> None:
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


def test_a_version_is_swapped_without_a_failed_request(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    answered_by: set[int] = set()
    stop = threading.Event()

    with serving(base_path, tmp_path / "log", model="m") as (_, client), ThreadPoolExecutor(2) as pool:

        def keep_asking() -> None:
            while not stop.is_set():
                reply = client.predict("m", {"x": np.ones((3, 1), np.float32)})
                assert scores(reply)["y"] == [2.5, 2.5, 2.5]
                answered_by.add(reply.model_spec.version.value)

        asking = [pool.submit(keep_asking) for _ in range(2)]
        try:
            wait_until(lambda: 1 in answered_by)
            for version in (2, 3, 10):
                publish(zoo / "two_signatures" / "1", base_path, str(version))
                wait_until(partial(answered_by.__contains__, version))
            wait_until(lambda: client.states("m") == {10: "AVAILABLE", 3: "END", 2: "END", 1: "END"})
        finally:
            stop.set()
        for task in asking:
            task.result()
        assert answered_by == {1, 2, 3, 10}
        assert refusal(lambda: client.predict("m", {"x": np.ones((1, 1), np.float32)}, version={"value": 1})) == (
            grpc.StatusCode.NOT_FOUND,
            "Servable not found for request: Specific(m, 1)",
        )


def test_hot_swaps_do_not_grow_the_memory(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    base_path.mkdir()
    versions = count(1)

    def swap(times: int) -> None:
        for _ in range(times):
            version = next(versions)
            (base_path / str(version)).symlink_to(zoo / "cry" / "1")
            process.wait_for_log(f"version {version} is available")
            client.predict("cry", {"waveform": WINDOW})

    with serving(base_path, tmp_path / "log") as (process, client):
        swap(10)
        before = rss_bytes(process)
        swap(30)
        assert rss_bytes(process) - before < 4 * 1024 * 1024


def test_a_broken_version_leaves_the_good_one_and_is_picked_up_once_repaired(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    publish(zoo / "cry" / "1", base_path, "1")
    with serving(base_path, tmp_path / "log") as (process, client):
        (base_path / "2").mkdir()
        process.wait_for_log(r"ERROR model cry version 2 cannot be served: \S+/models/2 has no model.tflite")
        assert client.states("cry") == {2: "END", 1: "AVAILABLE"}
        assert client.predict("cry", {"waveform": WINDOW}).model_spec.version.value == 1
        assert client.health() == "SERVING"
        content = (zoo / "cry" / "1" / "model.tflite").read_bytes()
        (base_path / "2" / "model.tflite").write_bytes(content[: len(content) // 2])
        process.wait_for_log(r"version 2 cannot be served: \S+/models/2/model.tflite: LiteRT cannot run it")
        (base_path / "2" / "model.tflite").write_bytes(content)
        process.wait_for_log("version 2 is available")
        assert client.predict("cry", {"waveform": WINDOW}).model_spec.version.value == 2


def test_a_file_that_is_overwritten_in_place_changes_nothing_that_is_served(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    publish(zoo / "cry" / "1", base_path, "1")
    with serving(base_path, tmp_path / "log") as (_, client):
        (base_path / "1" / "model.tflite").write_bytes(b"")
        for _ in range(20):
            assert scores(client.predict("cry", {"waveform": WINDOW}))["crying"] == [pytest.approx(0.25, abs=1e-4)]


def test_a_base_path_that_vanishes_unloads_nothing(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    publish(zoo / "cry" / "1", base_path, "1")
    with serving(base_path, tmp_path / "log") as (process, client):
        base_path.rename(
            tmp_path / "elsewhere"
        )  # at once: a base path that is there without versions means another thing
        process.wait_for_log("cannot be read .No such file or directory.; what is loaded stays")
        assert client.predict("cry", {"waveform": WINDOW}).model_spec.version.value == 1
        publish(zoo / "cry" / "1", base_path, "2")
        process.wait_for_log("version 2 is available")


def test_a_server_without_a_model_stays_up_says_what_is_missing_and_picks_it_up(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    with serving(base_path, tmp_path / "log") as (process, client):
        process.wait_for_log(f"WARNING model cry: {base_path} cannot be read .No such file or directory")
        assert (client.health(), client.health("cry")) == ("NOT_SERVING", "NOT_SERVING")
        assert refusal(lambda: client.health("dog"))[0] is grpc.StatusCode.NOT_FOUND
        assert refusal(lambda: client.predict("cry", {"waveform": WINDOW})) == (
            grpc.StatusCode.NOT_FOUND,
            "Servable not found for request: Latest(cry)",
        )
        assert refusal(lambda: client.states("cry")) == (
            grpc.StatusCode.NOT_FOUND,
            "Could not find any versions of model cry",
        )
        publish(zoo / "cry" / "1", base_path, "00000007")
        wait_until(lambda: client.health("cry") == "SERVING")
        assert client.health() == "SERVING"
        assert client.predict("cry", {"waveform": WINDOW}).model_spec.version.value == 7


def test_an_rpc_that_is_not_there_is_unimplemented(zoo: Path, tmp_path: Path) -> None:
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


def test_messages_above_grpcs_own_four_megabytes_are_taken_and_sent(zoo: Path, tmp_path: Path) -> None:
    unlimited = [("grpc.max_receive_message_length", -1)]
    with (
        serving(zoo / "half_plus_two", tmp_path / "log", model="m") as (process, _),
        grpc.insecure_channel(f"localhost:{port_of(process)}", unlimited) as channel,
    ):
        reply = Client(channel).predict("m", {"x": np.ones((2_000_000, 1), np.float32)})  # 8 MB each way
    assert tensors.shape_of(reply.outputs["y"]) == (2_000_000, 1)


def test_a_unix_socket_is_listened_on_as_well(zoo: Path, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with serving(zoo / "cry", tmp_path / "log", flags=["--grpc_socket_path", str(path)]) as (process, _):
        with grpc.insecure_channel(f"unix:{path}") as channel:
            assert Client(channel).predict("cry", {"waveform": WINDOW}).model_spec.version.value == 1
        process.terminate()
        assert process.wait_for_exit() == 0
    assert not path.exists()


def test_a_unix_socket_goes_to_the_server_that_came_last_even_if_the_one_before_was_killed(
    zoo: Path, tmp_path: Path
) -> None:
    flags = ["--grpc_socket_path", str(tmp_path / "s")]
    x = {"x": np.ones((1, 1), np.float32)}
    with serving(zoo / "half_plus_two", tmp_path / "log_1", model="two", flags=flags) as (first, client):
        with serving(zoo / "half_plus_three", tmp_path / "log_2", model="three", flags=flags) as (second, _):
            with grpc.insecure_channel(f"unix:{tmp_path / 's'}") as channel:
                assert scores(Client(channel).predict("three", x)) == {"y": [3.5]}
            assert scores(client.predict("two", x)) == {"y": [2.5]}  # it goes on at its port
            second.kill()
        first.kill()
    with (
        serving(zoo / "half_plus_two", tmp_path / "log_3", model="two", flags=flags),
        grpc.insecure_channel(f"unix:{tmp_path / 's'}") as channel,
    ):
        assert scores(Client(channel).predict("two", x)) == {"y": [2.5]}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_ends_it_with_status_0(zoo: Path, tmp_path: Path, number: signal.Signals) -> None:
    with serving(zoo / "cry", tmp_path / "log") as (process, client):
        client.predict("cry", {"waveform": WINDOW})
        watched = client.health_rpc.Watch(health_pb2.HealthCheckRequest(service="cry"), timeout=20)
        assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
        process._process.send_signal(number)
        assert next(watched).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert process.wait_for_exit() == 0
        assert "drained" in process.log()
        assert "Traceback" not in process.log()


def slow_version(base_path: Path, version: str) -> Path:
    """Publishes a version whose file is read for ever; opening that for writing waits until it is being read."""
    (base_path / f".{version}").mkdir(parents=True)
    os.mkfifo(base_path / f".{version}" / "model.tflite")
    (base_path / f".{version}").rename(base_path / version)
    return base_path / version / "model.tflite"


def test_a_signal_ends_it_while_the_first_model_loads(tmp_path: Path) -> None:
    pipe = slow_version(tmp_path / "cry", "1")
    arguments = ["--port=0", "--model_name=cry", f"--model_base_path={tmp_path / 'cry'}", "--log_format=text"]
    with ServiceProcess("tears.model_server", {}, tmp_path / "log", arguments=arguments) as process, pipe.open("wb"):
        process.terminate()
        assert process.wait_for_exit() == 0
        assert "drained" in process.log()


def test_a_signal_ends_it_while_another_version_loads(zoo: Path, tmp_path: Path) -> None:
    publish(zoo / "cry" / "1", tmp_path / "cry", "1")
    with serving(tmp_path / "cry", tmp_path / "log") as (process, client):
        with slow_version(tmp_path / "cry", "2").open("wb"):
            client.predict("cry", {"waveform": WINDOW})
            process.terminate()
            assert process.wait_for_exit() == 0
        assert "drained" in process.log()


def test_a_port_that_is_taken_is_one_clear_line_and_status_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "tears.model_server", f"--port={port}", "--model_base_path", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 1
    # gRPC says something before it.
    assert ended.stderr.splitlines()[-1].startswith(f"tears-model-server: cannot listen on [::]:{port}: ")
    assert "Traceback" not in ended.stderr


def test_an_unknown_flag_is_one_line_and_status_2() -> None:
    program = Path(sys.executable).with_name("tears-model-server")
    ended = subprocess.run([program, "--rest_port=1"], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert ended.stderr.startswith("tears-model-server: unknown flag --rest_port; the known ones are --")
