"""The start of a server process, and its end."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2
from integration.model_server.served import DEADLINE_SECONDS, WINDOW, Client, port_of, publish, serving
from support.processes.forked_servers import ForkedServer
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until
from unit.model_server.records import write_warmup

from tears.tfserving import tensors
from tears.tfserving.v1 import predict_pb2, tensor_pb2
from tears.tfserving.v1.prediction_log_pb2 import PredictionLog


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_ends_the_server_with_status_0(zoo: Path, tmp_path: Path, number: signal.Signals) -> None:
    with serving(zoo / "cry", tmp_path / "log") as (process, client):
        client.predict("cry", {"waveform": WINDOW})
        watched = client.health_rpc.Watch(health_pb2.HealthCheckRequest(service="cry"), timeout=DEADLINE_SECONDS)
        assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
        process._process.send_signal(number)
        assert next(watched).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert process.wait_for_exit() == 0
        assert "drained" in process.log()
        assert "Traceback" not in process.log()


STOPS = 10
CLIENTS = 8


def call_until_gone(client: Client, codes: Counter[grpc.StatusCode], told: threading.Event) -> None:
    """Send requests without a pause until the server cannot be reached, and count how they end."""
    while True:
        try:
            client.metadata("cry")
            code, text = grpc.StatusCode.OK, ""
        except grpc.RpcError as error:
            code, text = error.code(), error.details() or ""
        codes[code] += 1
        if code is not grpc.StatusCode.OK:
            told.set()
            if "shutting down" not in text:
                return


def test_requests_that_arrive_while_the_server_ends_are_unavailable_and_never_cancelled(
    zoo: Path, tmp_path: Path
) -> None:
    base = ["--port=0", "--model_name=cry", f"--model_base_path={zoo / 'cry'}", "--log_format=text"]
    for attempt in range(STOPS):
        process = ForkedServer([*base, "--enable_model_warmup=false"], tmp_path / f"{attempt}.log")
        try:
            codes = codes_at_the_end_of(process)
        finally:
            process.kill()
        assert codes.keys() == {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}, (attempt, codes)
        assert codes[grpc.StatusCode.UNAVAILABLE] > CLIENTS


def codes_at_the_end_of(process: ForkedServer) -> Counter[grpc.StatusCode]:
    """Stop a server while clients send requests without a pause; return how the requests ended."""
    codes: Counter[grpc.StatusCode] = Counter()
    told = threading.Event()
    with ExitStack() as stack:
        port = process.port()
        options = [("grpc.use_local_subchannel_pool", 1)]
        channels = [stack.enter_context(grpc.insecure_channel(f"localhost:{port}", options)) for _ in range(CLIENTS)]
        threads = [
            threading.Thread(target=call_until_gone, args=[Client(channel), codes, told]) for channel in channels
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: codes[grpc.StatusCode.OK] > CLIENTS)
        process.terminate()
        assert told.wait(DEADLINE_SECONDS)
        assert process.wait_for_exit() == 0
        for thread in threads:
            thread.join(DEADLINE_SECONDS)
    return codes


def test_the_socket_is_removed_at_the_end_unless_it_belongs_to_another_server(zoo: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.sock"
    flags = [f"--grpc_socket_path={path}"]
    with serving(zoo / "cry", tmp_path / "log", flags=flags) as (process, _):
        assert path.is_socket()
        process.terminate()
        assert process.wait_for_exit() == 0
        assert not path.exists()
    with serving(zoo / "cry", tmp_path / "log", flags=flags) as (process, _):
        path.unlink()
        path.write_text("of another server")
        process.terminate()
        assert process.wait_for_exit() == 0
        assert path.read_text() == "of another server"


# Each of a version's warm-up requests is answered so often that it takes minutes until the version is loaded.
SLOW = "--num_request_iterations_for_warmup=10000"


def publish_slow_version(source: Path, base_path: Path, version: str) -> None:
    """Publish a version of the cry model that takes very long to load."""
    publish(source, base_path, f"{version}.draft")
    waveform = tensors.from_bytes(tensor_pb2.DT_FLOAT, WINDOW.shape, WINDOW.tobytes())
    log = PredictionLog(predict_log={"request": predict_pb2.PredictRequest(inputs={"waveform": waveform})})
    write_warmup(base_path / f"{version}.draft", [log.SerializeToString()] * 100)
    (base_path / f"{version}.draft").rename(base_path / version)


def test_a_signal_ends_the_server_while_the_first_model_loads(zoo: Path, tmp_path: Path) -> None:
    publish_slow_version(zoo / "cry" / "1", tmp_path / "cry", "1")
    arguments = ["--port=0", "--model_name=cry", f"--model_base_path={tmp_path / 'cry'}", "--log_format=text", SLOW]
    with ServiceProcess("tears.model_server", {}, tmp_path / "log", arguments=arguments) as process:
        process.wait_for_log("version 1 is being loaded")
        process.terminate()
        assert process.wait_for_exit() == 0
        assert "drained" in process.log()


def test_a_signal_ends_the_server_while_another_version_loads(zoo: Path, tmp_path: Path) -> None:
    publish(zoo / "cry" / "1", tmp_path / "cry", "1")
    with serving(tmp_path / "cry", tmp_path / "log", flags=[SLOW]) as (process, client):
        publish_slow_version(zoo / "cry" / "1", tmp_path / "cry", "2")
        process.wait_for_log("version 2 is being loaded")
        client.predict("cry", {"waveform": WINDOW})
        process.terminate()
        assert process.wait_for_exit() == 0
        assert "drained" in process.log()


def test_a_version_that_ended_the_server_does_not_keep_the_one_before_from_serving(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "cry"
    publish(zoo / "cry" / "1", base_path, "1")
    publish_slow_version(zoo / "cry" / "1", base_path, "2")
    environ = {"TMPDIR": str(tmp_path)}
    arguments = ["--port=0", "--model_name=cry", f"--model_base_path={base_path}", "--log_format=text", SLOW]
    with ServiceProcess("tears.model_server", environ, tmp_path / "log", arguments=arguments) as process:
        process.wait_for_log("version 2 is being loaded")
        process.kill()  # as the system does if memory is short
    with ServiceProcess("tears.model_server", environ, tmp_path / "log", arguments=arguments) as process:
        port = port_of(process)
        with grpc.insecure_channel(f"localhost:{port}") as channel:
            client = Client(channel)
            assert client.states("cry") == {2: "END", 1: "AVAILABLE"}
            assert "the server ended 1 times in a row while it loaded" in client.message("cry", 2)
            assert client.predict("cry", {"waveform": WINDOW}).model_spec.version.value == 1


def test_a_pipe_in_the_place_of_a_model_is_refused_and_does_not_stop_the_watcher(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "cry"
    publish(zoo / "cry" / "1", base_path, "1")
    with serving(base_path, tmp_path / "log") as (process, client):
        (base_path / "2").mkdir()
        os.mkfifo(base_path / "2" / "model.tflite")
        process.wait_for_log("version 2 cannot be served: .* is neither a file nor a folder")
        publish(zoo / "cry" / "1", base_path, "3")
        process.wait_for_log("version 3 is available")
        assert client.states("cry")[3] == "AVAILABLE"


def test_a_port_in_use_is_one_clear_line_and_status_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "tears.model_server", f"--port={port}", "--model_base_path", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ended.returncode == 1
    # gRPC writes a line before it.
    assert ended.stderr.splitlines()[-1].startswith(f"tears-model-server: cannot listen on 127.0.0.1:{port}: ")
    assert "Traceback" not in ended.stderr


def test_a_wrong_value_is_one_line_and_status_2() -> None:
    program = Path(sys.executable).with_name("tears-model-server")
    ended = subprocess.run([program, "--port=x"], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert ended.stderr.startswith("tears-model-server: argument --port: invalid whole number")


def test_unknown_flags_are_warned_about_and_the_server_runs_on(zoo: Path, tmp_path: Path) -> None:
    flags = ["--rest_api_prot=1", "serve", "--num_load_threads=100", f"--model_base_path=file://{zoo / 'cry'}"]
    with serving(zoo / "cry", tmp_path / "log", flags=flags) as (process, client):
        assert client.predict("cry", {"waveform": WINDOW}).model_spec.version.value == 1
        assert "WARNING unknown flag --rest_api_prot is ignored; do you mean --rest_api_port?" in process.log()
        assert "WARNING serve belongs to no flag, and is ignored" in process.log()
