"""A server without TensorFlow, with a model that only TensorFlow can run."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from integration.model_server.rest.rest_client import rest_client
from integration.model_server.served import Client, port_of, publish
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.tfserving import signatures

# Python runs this first, in a process that must not find TensorFlow.
HIDES_TENSORFLOW = """\
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""


@pytest.fixture
def base_path(zoo: Path, tmp_path: Path) -> Path:
    publish(zoo / "tensorflow_1" / "1", tmp_path / "models", "00000123")
    return tmp_path / "models"


@pytest.fixture
def server(base_path: Path, tmp_path: Path) -> Iterator[ServiceProcess]:
    (tmp_path / "sitecustomize.py").write_text(HIDES_TENSORFLOW)
    arguments = ["--port=0", "--rest_api_port=-1", "--model_name=m", f"--model_base_path={base_path}"]
    arguments += ["--file_system_poll_wait_seconds=0.02", "--log_format=text"]
    environ = {"PYTHONPATH": str(tmp_path)}
    with ServiceProcess("tears.model_server", environ, tmp_path / "log", arguments=arguments) as process:
        yield process


def test_states_and_signatures_are_reported_and_errors_say_what_to_install(
    server: ServiceProcess, base_path: Path, zoo: Path
) -> None:
    cure = "pip install 'tears-model-server[tensorflow]'"
    with grpc.insecure_channel(f"localhost:{port_of(server)}") as channel:
        client, rest = Client(channel), rest_client(server)
        assert cure in server.log()
        # Clients wait for AVAILABLE, and it is not.
        (status,) = rest.ask("GET", "/v1/models/m").json["model_version_status"]
        assert (status["version"], status["state"]) == ("123", "END")
        assert status["status"]["error_code"] == "FAILED_PRECONDITION"
        assert cure in status["status"]["error_message"]
        # The signatures in its file are reported.
        reply = client.metadata("m")
        assert reply.model_spec.version.value == 123
        methods = {name: found.method_name for name, found in signatures.unpack(reply).signature_def.items()}
        assert methods == {
            "serving_default": "tensorflow/serving/predict",
            "regress_x_to_y": "tensorflow/serving/regress",
            "classify_x_to_y": "tensorflow/serving/classify",
        }
        assert rest.ask("GET", "/v1/models/m/metadata").status == 200
        # What needs the graph is refused.
        with pytest.raises(grpc.RpcError) as refused:
            client.predict("m", {"x": np.ones((1, 1), np.float32)})
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert cure in (refused.value.details() or "")
        answer = rest.ask(
            "POST", "/v1/models/m:regress", {"signature_name": "regress_x_to_y", "examples": [{"x": 2.0}]}
        )
        assert answer.status == 400
        assert cure in answer.error
        # The server is not ready, so no requests are sent to it.
        assert (client.health(), client.health("m")) == ("NOT_SERVING", "NOT_SERVING")
        assert rest.ask("GET", "/readyz").status == 503
        # A version that can run replaces it, and stays.
        publish(zoo / "half_plus_two" / "1", base_path, "124")
        (base_path / "124" / "saved_model.pb").unlink()
        wait_until(lambda: client.health("m") == "SERVING")
        assert client.predict("m", {"x": np.ones((1, 1), np.float32)}).model_spec.version.value == 124
        publish(zoo / "tensorflow_1" / "1", base_path, "125")
        wait_until(lambda: client.states("m") == {125: "END", 124: "AVAILABLE", 123: "END"})
