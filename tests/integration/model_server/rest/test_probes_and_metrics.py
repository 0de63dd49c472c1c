"""The probes, the metrics and the memory of `tears-model-server` as a process with a REST port."""

import gzip
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from integration.model_server.rest.real_server import X, serve_rest
from integration.model_server.rest.rest_client import RestClient
from integration.model_server.served import publish, serving
from prometheus_client.parser import text_string_to_metric_families
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.model_server.metrics import DEFAULT_PATH
from tears.model_server.rest.gzip_body import MAX_BODY_BYTES


def values(client: RestClient, name: str, path: str = DEFAULT_PATH) -> dict[tuple[str, ...], float]:
    """Return the samples of one name, by their labels' values; the parser gives every counter a suffix."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(client.get(path).text)
        for sample in family.samples
        if sample.name.removesuffix("_total") == name.removesuffix("_total")
    }


def test_metrics_of_both_protocols_have_tf_servings_names(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    with serve_rest(base_path, tmp_path) as (process, client, http):
        client.predict("m", {"x": np.array(X, np.float32)})
        http.predict("m", instances=X)
        http.predict("m", instances="what is this")
        http.predict("dog", instances=X)
        assert values(http, ":tensorflow:serving:request_count") == {
            ("m", "OK"): 2,
            ("m", "INVALID_ARGUMENT"): 1,
            ("", "NOT_FOUND"): 1,
        }
        # In the order of the labels' names: API, entrypoint, model_name; API, model_name, runtime.
        assert values(http, ":tensorflow:serving:request_latency_count") == {
            ("Predict", "GRPC", "m"): 1,
            ("predict", "REST", "m"): 1,
        }
        assert values(http, ":tensorflow:serving:runtime_latency_count") == {("Predict", "m", "TF1"): 2}
        (microseconds,) = values(http, ":tensorflow:serving:runtime_latency_sum").values()
        assert 1 < microseconds < 20e6
        assert values(http, "tears_model_server_loads_total") == {("m", "OK"): 1}
        assert values(http, "process_resident_memory_bytes")[()] > 2**24
        publish(zoo / "half_plus_two" / "1", base_path, "2")
        process.wait_for_log("version 1 is unloaded")
        wait_until(lambda: values(http, "tears_model_server_model_version") == {("m",): 2})
        assert values(http, "tears_model_server_swaps_total") == {("m",): 1}
        assert values(http, "tears_model_server_unloads_total") == {("m",): 1}
        (base_path / "3").mkdir()
        wait_until(lambda: ("m", "FAILED_PRECONDITION") in values(http, "tears_model_server_loads_total"))


def memory_bytes(process: ServiceProcess, field: str) -> int:
    """Return `VmRSS`, the memory in use, or `VmHWM`, the most that was ever in use."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) * 1024


def test_bodies_that_grow_when_unpacked_are_bounded_together_and_their_memory_is_released(
    zoo: Path, tmp_path: Path
) -> None:
    body = b'{"instances": [' + b" " * (MAX_BODY_BYTES - 20) + b"[1]]}"
    packed = gzip.compress(body)
    assert len(packed) < len(body) / 900
    with serve_rest(zoo / "half_plus_two", tmp_path) as (process, _, http), ThreadPoolExecutor(16) as pool:
        before = memory_bytes(process, "VmRSS")

        def ask(_: int) -> int:
            headers = {"Content-Encoding": "gzip"}
            return http.ask("POST", "/v1/models/m:predict", packed, headers).status

        assert set(pool.map(ask, range(48))) <= {200, 429}
        assert memory_bytes(process, "VmHWM") - before < 10 * MAX_BODY_BYTES
        assert memory_bytes(process, "VmRSS") - before < MAX_BODY_BYTES


def test_a_monitoring_config_moves_the_metrics_or_hides_them(zoo: Path, tmp_path: Path) -> None:
    config = tmp_path / "monitoring.config"
    flag = f"--monitoring_config_file={config}"
    config.write_text('prometheus_config { enable: true path: "/v1/elsewhere" }')
    with serve_rest(zoo / "half_plus_two", tmp_path, flags=[flag]) as (_, _, http):
        assert "# TYPE :tensorflow:serving:request_count counter" in http.get("/v1/elsewhere").text
        assert http.get(DEFAULT_PATH).status == 404
    config.write_text("prometheus_config { enable: true }")
    with serve_rest(zoo / "half_plus_two", tmp_path, flags=[flag]) as (_, _, http):
        assert http.get(DEFAULT_PATH).headers["Content-Type"].startswith("text/plain; version=0.0.4")
    config.write_text("")
    with serve_rest(zoo / "half_plus_two", tmp_path, flags=[flag]) as (_, _, http):
        assert http.get(DEFAULT_PATH).status == 404


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prometheus_config { enabled: true }", "Error parsing text-format tensorflow.serving.MonitoringConfig: "),
        ('prometheus_config { enable: true path: "metrics" }', "it must begin with a slash"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_bad_monitoring_config_is_one_clear_line_and_status_1(tmp_path: Path, text: str | None, says: str) -> None:
    config = tmp_path / "monitoring.config"
    if text is not None:
        config.write_text(text)
    command = [sys.executable, "-m", "tears.model_server", "--port=0", f"--monitoring_config_file={config}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert says in ended.stderr.splitlines()[-1]
    assert str(config) in ended.stderr.splitlines()[-1]


def test_readiness_follows_the_models(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    (base_path / "1").mkdir(parents=True)
    with serve_rest(base_path, tmp_path) as (process, _, http):
        broken = http.get("/readyz")
        assert broken.status == 503
        assert broken.text.startswith("model m: version 1 is END: ")
        assert "has no model.tflite" in broken.text
        assert http.get("/healthz").status == 200
        assert http.get("/v1/models/m").json["model_version_status"][0]["status"]["error_code"] == "FAILED_PRECONDITION"
        publish(zoo / "half_plus_two" / "1", base_path, "2")
        wait_until(lambda: http.get("/readyz").text == "ok\n")
        assert http.predict("m", instances=X).status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait_for_exit() == 0
        assert "Traceback" not in process.log()


def test_a_model_without_a_folder_is_why_a_server_is_not_ready(tmp_path: Path) -> None:
    with serve_rest(tmp_path / "models", tmp_path) as (_, _, http):
        assert (
            http.get("/readyz").text == f"model m: {tmp_path / 'models'} cannot be read (No such file or "
            "directory); what is loaded stays\n"
        )


def test_without_a_rest_port_nothing_listens_and_a_file_for_it_is_logged(zoo: Path, tmp_path: Path) -> None:
    config = tmp_path / "monitoring.config"
    config.write_text("prometheus_config { enable: true }")
    flags = [f"--monitoring_config_file={config}"]
    with serving(zoo / "half_plus_two", tmp_path / "log", model="m", flags=flags) as (process, client):
        assert "metrics are shown on the REST port; --rest_api_port=8501 opens it" in process.log()
        assert "REST on port" not in process.log()
        assert client.health("m") == "SERVING"
