"""The REST API of `tears-model-server` as a process, on real models: answers, errors, metrics and probes."""

from __future__ import annotations

import gzip
import json
import math
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from integration.model_server.rest_client import RestClient, rest_client
from integration.model_server.served import Client, publish, serving
from prometheus_client.parser import text_string_to_metric_families
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.model_server.metrics import DEFAULT_PATH
from tears.model_server.rest.gzip_body import MAX_BODY_BYTES

MODELS = ("half_plus_two", "two_signatures", "cry", "sum", "echo", "nan", "rows")
X = [[1.0], [2.0], [5.0]]
Y = [[2.5], [3.0], [4.5]]


@contextmanager
def rest(
    base_path: Path, folder: Path, *, model: str = "m", flags: Sequence[str] = ()
) -> Iterator[tuple[ServiceProcess, Client, RestClient]]:
    """A server process with both protocols, and a client of each."""
    arguments = ["--rest_api_port=-1", *flags]
    with serving(base_path, folder / "log", model=model, flags=arguments) as (process, client):
        yield process, client, rest_client(process)


@pytest.fixture(scope="module")
def house(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestClient]:
    """A server of several models; two labels stand for versions of `labelled`."""
    folder = tmp_path_factory.mktemp("house")
    for version in ("1", "2"):
        publish(zoo / "half_plus_two" / "1", folder / "labelled", version)
    entries = [f'config {{ name: "{name}" base_path: "{zoo / name}" model_platform: "tensorflow" }}' for name in MODELS]
    labels = "".join(
        f'version_labels {{ key: "{label}" value: {number} }} ' for label, number in (("stable", 1), ("canary", 2))
    )
    entries.append(
        f'config {{ name: "labelled" base_path: "{folder / "labelled"}" model_platform: "tensorflow" '
        f"model_version_policy {{ all {{}} }} {labels}}}"
    )
    (folder / "config").write_text(f"model_config_list {{ {' '.join(entries)} }}")
    flags = [f"--model_config_file={folder / 'config'}", "--allow_version_labels_for_unavailable_models"]
    with rest(folder, folder, flags=flags) as (_, _, client):
        yield client


def test_rows_and_columns_are_computed_alike(house: RestClient) -> None:
    rows = house.predict("half_plus_two", instances=X)
    assert (rows.status, rows.json) == (200, {"predictions": Y})
    assert house.predict("half_plus_two", signature_name="serving_default", inputs=X).json == {"outputs": Y}
    assert house.predict("half_plus_two", instances=[{"x": x} for x in X]).json == {"predictions": Y}
    assert house.predict("half_plus_two", inputs={"x": X}).json == {"outputs": Y}


def test_several_inputs_and_outputs_go_by_name(house: RestClient) -> None:
    both = {"a": [1.0, 2.0], "b": [0.5, 0.25]}
    assert house.predict("sum", inputs=both).json == {"outputs": [1.5, 2.25]}
    three = house.predict("two_signatures", signature_name="three", inputs=[1, 2, 4])
    assert three.json == {"outputs": {"floor": [3, 4, 5], "y": [3.5, 4.0, 5.0]}}
    rows = house.predict("two_signatures", signature_name="three", instances=[1, 2, 4])
    assert rows.json == {"predictions": [{"floor": 3, "y": 3.5}, {"floor": 4, "y": 4.0}, {"floor": 5, "y": 5.0}]}


def test_every_dtype_goes_in_and_comes_out(house: RestClient) -> None:
    sent: dict[str, Any] = {
        "double": [0.1, -1e300],
        "int32": [-(2**31), 7],
        "int64": [-(2**63), 7],
        "bool": [True, False],
        "string": ["gr\u00fc\u00dfe", {"b64": "YQD/"}],
        "uint8": [255, 0],
        "int8": [-128, 127],
    }
    outputs = house.predict("echo", inputs=sent).json["outputs"]
    assert outputs == {f"{name}_out": [[value] for value in values] for name, values in sent.items()}


def test_a_diverged_models_nan_is_written_as_tf_serving_writes_it(house: RestClient) -> None:
    answer = house.predict("nan", instances=[[0.5] * 110_250])
    assert answer.text == '{\n    "predictions": [NaN\n    ]\n}'
    assert math.isnan(answer.json["predictions"][0])


def test_a_version_or_a_label_may_be_asked_for(house: RestClient) -> None:
    for which in ("", "/versions/1", "/versions/002", "/labels/stable", "/labels/canary"):
        assert house.predict(f"labelled{which}", instances=X).json == {"predictions": Y}
    found = {
        which: house.get(f"/v1/models/labelled{which}/metadata").json["model_spec"]["version"]
        for which in ("", "/versions/1", "/labels/stable", "/labels/canary")
    }
    assert found == {"": "2", "/versions/1": "1", "/labels/stable": "1", "/labels/canary": "2"}


def test_the_status_tells_every_version_and_the_metadata_its_signatures(house: RestClient) -> None:
    available = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert house.get("/v1/models/labelled").json == {
        "model_version_status": [{"version": "2", **available}, {"version": "1", **available}]
    }
    one = {"model_version_status": [{"version": "1", **available}]}
    assert house.get("/v1/models/labelled/versions/1").json == one
    assert house.get("/v1/models/labelled/labels/stable").json == one
    metadata = house.get("/v1/models/half_plus_two/metadata").json
    assert metadata["model_spec"] == {"name": "half_plus_two", "signature_name": "", "version": "1"}
    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert signature["inputs"]["x"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}],
        "unknown_rank": False,
    }
    assert signature["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize(
    ("method", "path", "document", "status", "says"),
    [
        ("POST", "dog:predict", {"instances": [1]}, 404, "Servable not found for request: Latest(dog)"),
        ("POST", "dog/versions/2:predict", {"instances": [1]}, 404, "Servable not found for request: Specific(dog, 2)"),
        ("POST", "sum/versions/2:predict", {"instances": [1]}, 404, "Servable not found for request: Specific(sum, 2)"),
        ("GET", "dog", None, 404, "Could not find any versions of model dog"),
        ("GET", "sum/versions/7", None, 404, "Could not find version 7 of model sum"),
        ("GET", "dog/metadata", None, 404, "Servable not found for request: Latest(dog)"),
        ("GET", "", None, 400, "Malformed request: GET /v1/models/"),
        ("POST", "sum/labels/x:predict", {"instances": [1]}, 400, "Unrecognized servable version label: x"),
        ("GET", "sum/labels/x", None, 400, "Unrecognized servable version label: x"),
        ("POST", "sum:predict", {"inputs": {"a": [1, 2]}}, 400, "Missing named input: b in 'inputs' object."),
        ("POST", "sum:predict", {"instances": [{"a": 1, "c": 1}]}, 400, "JSON object: does not have named input: c"),
        ("POST", "sum:predict", {"inputs": {"a": [1], "b": [1]}}, 400, "the signature takes shape [2], the request"),
        ("POST", "sum:predict", {"inputs": {"a": ["1", "2"], "b": [1, 2]}}, 400, "is not of expected type: float"),
        ("POST", "sum:predict", {"signature_name": "s"}, 400, 'Serving signature name: "s" not found in signature def'),
        ("POST", "sum:predict", {"signature_name": 1}, 400, "'signature_name' key must be a string value."),
        ("POST", "sum:predict", {}, 400, "Missing 'inputs' or 'instances' key"),
        ("POST", "sum:predict", b"", 400, "JSON Parse error: The document is empty"),
        ("POST", "sum:predict", b"instances = 1", 400, "JSON Parse error: Invalid value."),
        ("POST", "sum:classify", {"examples": [{"x": 1}]}, 400, "Expected one input Tensor"),
        ("POST", "sum:classify", {}, 400, "key 'examples' is expected and was not found"),
        ("POST", "sum:regress", {"examples": []}, 400, "'examples' value is an empty array"),
        ("POST", "dog:regress", {"examples": [{"x": 1}]}, 404, "Servable not found for request: Latest(dog)"),
        ("POST", "sum:explain", {}, 400, "Malformed request: POST /v1/models/sum:explain"),
        ("PUT", "sum", None, 400, "Malformed request: PUT /v1/models/sum"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_tf_servings_status_and_words(
    house: RestClient, method: str, path: str, document: Any, status: int, says: str
) -> None:
    answer = house.ask(method, f"/v1/models/{path}", document)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
    assert says in answer.error


def test_outputs_that_are_no_batch_are_only_columns(house: RestClient) -> None:
    answer = house.predict("rows", instances=X)
    assert (answer.status, "has no shape information" in answer.error or "inconsistent" in answer.error) == (400, True)
    assert house.predict("rows", inputs=X).status == 200


def values(client: RestClient, name: str, path: str = DEFAULT_PATH) -> dict[tuple[str, ...], float]:
    """The samples of one name, by their labels' values; the parser gives every counter a suffix."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(client.get(path).text)
        for sample in family.samples
        if sample.name.removesuffix("_total") == name.removesuffix("_total")
    }


def test_prometheus_sees_both_protocols_by_tf_servings_names(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    with rest(base_path, tmp_path) as (process, client, http):
        client.predict("m", {"x": np.array(X, np.float32)})
        http.predict("m", instances=X)
        http.predict("m", instances="what is this")
        http.predict("dog", instances=X)
        assert values(http, ":tensorflow:serving:request_count") == {
            ("m", "OK"): 2,
            ("m", "INVALID_ARGUMENT"): 1,
            ("", "NOT_FOUND"): 1,
        }
        # By the order of the labels' names: API, entrypoint, model_name; API, model_name, runtime.
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


def test_versions_are_swapped_without_a_failed_request(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    stop = threading.Event()
    with rest(base_path, tmp_path) as (process, _, http), ThreadPoolExecutor(2) as pool:

        def keep_asking() -> set[tuple[int, str]]:
            answers = set()
            while not stop.is_set():
                answer = http.predict("m", instances=X)
                answers.add((answer.status, answer.text))
            return answers

        asking = [pool.submit(keep_asking) for _ in range(2)]
        try:
            for version in range(2, 12):
                publish(zoo / "two_signatures" / "1", base_path, str(version))
                process.wait_for_log(f"version {version - 1} is unloaded")
        finally:
            stop.set()
        (answer,) = asking[0].result() | asking[1].result()
        assert (answer[0], json.loads(answer[1])) == (200, {"predictions": Y})


def memory_bytes(process: ServiceProcess, field: str) -> int:
    """`VmRSS`, what it takes now, or `VmHWM`, the most that it ever took."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) * 1024


def test_bodies_that_grow_when_they_are_unpacked_are_bounded_together_and_leave_nothing_behind(
    zoo: Path, tmp_path: Path
) -> None:
    body = b'{"instances": [' + b" " * (MAX_BODY_BYTES - 20) + b"[1]]}"
    packed = gzip.compress(body)
    assert len(packed) < len(body) / 900
    with rest(zoo / "half_plus_two", tmp_path) as (process, _, http), ThreadPoolExecutor(16) as pool:
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
    with rest(zoo / "half_plus_two", tmp_path, flags=[flag]) as (_, _, http):
        assert "# TYPE :tensorflow:serving:request_count counter" in http.get("/v1/elsewhere").text
        assert http.get(DEFAULT_PATH).status == 404
    config.write_text("prometheus_config { enable: true }")
    with rest(zoo / "half_plus_two", tmp_path, flags=[flag]) as (_, _, http):
        assert http.get(DEFAULT_PATH).headers["Content-Type"].startswith("text/plain; version=0.0.4")
    config.write_text("")
    with rest(zoo / "half_plus_two", tmp_path, flags=[flag]) as (_, _, http):
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
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert says in ended.stderr.splitlines()[-1]
    assert str(config) in ended.stderr.splitlines()[-1]


def test_readiness_follows_the_models(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    (base_path / "1").mkdir(parents=True)
    with rest(base_path, tmp_path) as (process, _, http):
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
    with rest(tmp_path / "models", tmp_path) as (_, _, http):
        assert (
            http.get("/readyz").text == f"model m: {tmp_path / 'models'} cannot be read (No such file or "
            "directory); what is loaded stays\n"
        )


def test_without_a_rest_port_nothing_listens_and_a_file_for_it_is_told(zoo: Path, tmp_path: Path) -> None:
    config = tmp_path / "monitoring.config"
    config.write_text("prometheus_config { enable: true }")
    flags = [f"--monitoring_config_file={config}"]
    with serving(zoo / "half_plus_two", tmp_path / "log", model="m", flags=flags) as (process, client):
        assert "metrics are shown on the REST port; --rest_api_port=8501 opens it" in process.log()
        assert "REST on port" not in process.log()
        assert client.health("m") == "SERVING"


def test_a_rest_port_that_is_taken_is_one_clear_line_and_status_1(house: RestClient, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tears.model_server", "--port=0", f"--rest_api_port={house.port}"]
    ended = subprocess.run(
        [*command, f"--model_base_path={tmp_path}"], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last == (f"tears-model-server: cannot listen on port {house.port} for the REST API: Address already in use")


def test_curl_gets_what_it_asks_for(house: RestClient) -> None:
    curl = shutil.which("curl")
    assert curl, "install curl"
    url = f"http://localhost:{house.port}/v1/models/half_plus_two:predict"
    command = [curl, "--silent", "--compressed", "-d", json.dumps({"instances": X}), url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(ended.stdout) == {"predictions": Y}
