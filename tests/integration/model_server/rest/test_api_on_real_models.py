"""The REST API of `tears-model-server` as a process, on real models: answers and errors."""

import json
import math
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from integration.model_server.rest.real_server import X, Y, serve_rest
from integration.model_server.rest.rest_client import RestClient
from integration.model_server.served import publish


def test_rows_and_columns_give_the_same_result(client: RestClient) -> None:
    rows = client.predict("half_plus_two", instances=X)
    assert (rows.status, rows.json) == (200, {"predictions": Y})
    assert client.predict("half_plus_two", signature_name="serving_default", inputs=X).json == {"outputs": Y}
    assert client.predict("half_plus_two", instances=[{"x": x} for x in X]).json == {"predictions": Y}
    assert client.predict("half_plus_two", inputs={"x": X}).json == {"outputs": Y}


def test_several_inputs_and_outputs_go_by_name(client: RestClient) -> None:
    both = {"a": [1.0, 2.0], "b": [0.5, 0.25]}
    assert client.predict("sum", inputs=both).json == {"outputs": [1.5, 2.25]}
    three = client.predict("two_signatures", signature_name="three", inputs=[1, 2, 4])
    assert three.json == {"outputs": {"floor": [3, 4, 5], "y": [3.5, 4.0, 5.0]}}
    rows = client.predict("two_signatures", signature_name="three", instances=[1, 2, 4])
    assert rows.json == {"predictions": [{"floor": 3, "y": 3.5}, {"floor": 4, "y": 4.0}, {"floor": 5, "y": 5.0}]}


def test_every_dtype_goes_in_and_comes_out(client: RestClient) -> None:
    sent: dict[str, Any] = {
        "double": [0.1, -1e300],
        "int32": [-(2**31), 7],
        "int64": [-(2**63), 7],
        "bool": [True, False],
        "string": ["gr\u00fc\u00dfe", {"b64": "YQD/"}],
        "uint8": [255, 0],
        "int8": [-128, 127],
    }
    outputs = client.predict("echo", inputs=sent).json["outputs"]
    assert outputs == {f"{name}_out": [[value] for value in values] for name, values in sent.items()}


def test_a_diverged_models_nan_is_written_as_tf_serving_writes_it(client: RestClient) -> None:
    answer = client.predict("nan", instances=[[0.5] * 110_250])
    assert answer.text == '{\n    "predictions": [NaN\n    ]\n}'
    assert math.isnan(answer.json["predictions"][0])


def test_a_version_or_a_label_may_be_asked_for(client: RestClient) -> None:
    for which in ("", "/versions/1", "/versions/002", "/labels/stable", "/labels/canary"):
        assert client.predict(f"labelled{which}", instances=X).json == {"predictions": Y}
    found = {
        which: client.get(f"/v1/models/labelled{which}/metadata").json["model_spec"]["version"]
        for which in ("", "/versions/1", "/labels/stable", "/labels/canary")
    }
    assert found == {"": "2", "/versions/1": "1", "/labels/stable": "1", "/labels/canary": "2"}


def test_the_status_has_every_version_and_the_metadata_its_signatures(client: RestClient) -> None:
    available = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert client.get("/v1/models/labelled").json == {
        "model_version_status": [{"version": "2", **available}, {"version": "1", **available}]
    }
    one = {"model_version_status": [{"version": "1", **available}]}
    assert client.get("/v1/models/labelled/versions/1").json == one
    assert client.get("/v1/models/labelled/labels/stable").json == one
    metadata = client.get("/v1/models/half_plus_two/metadata").json
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
        ("POST", "sum:predict", {"inputs": {"a": [1, 2, 3], "b": [1, 2]}}, 400, "input a has shape [3], the model [2]"),
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
def test_errors_have_tf_servings_status_and_wording(
    client: RestClient, method: str, path: str, document: Any, status: int, says: str
) -> None:
    answer = client.ask(method, f"/v1/models/{path}", document)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
    assert says in answer.error


def test_outputs_without_a_batch_can_only_be_columns(client: RestClient) -> None:
    answer = client.predict("rows", instances=X)
    assert (answer.status, "has no shape information" in answer.error or "inconsistent" in answer.error) == (400, True)
    assert client.predict("rows", inputs=X).status == 200


def test_versions_are_swapped_without_a_failed_request(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "models"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    stop = threading.Event()
    with serve_rest(base_path, tmp_path) as (process, _, http), ThreadPoolExecutor(2) as pool:

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


def test_a_rest_port_that_is_taken_is_one_clear_line_and_status_1(client: RestClient, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tears.model_server", "--port=0", f"--rest_api_port={client.port}"]
    ended = subprocess.run(
        [*command, f"--model_base_path={tmp_path}"], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last == (f"tears-model-server: cannot listen on port {client.port} for the REST API: Address already in use")


def test_curl_gets_what_it_asks_for(client: RestClient) -> None:
    curl = shutil.which("curl")
    assert curl, "install curl"
    url = f"http://localhost:{client.port}/v1/models/half_plus_two:predict"
    command = [curl, "--silent", "--compressed", "-d", json.dumps({"instances": X}), url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(ended.stdout) == {"predictions": Y}
