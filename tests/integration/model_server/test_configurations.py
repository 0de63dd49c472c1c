"""`tears-model-server` with several models: files and RPCs that say which, labels, and warm-up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf import text_format
from integration.model_server.served import DEADLINE_SECONDS, Client, port_of, publish, scores
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until
from unit.model_server.records import write_warmup

from tears.tfserving import tensors
from tears.tfserving.methods import HANDLE_RELOAD_CONFIG_REQUEST
from tears.tfserving.v1 import management_pb2, predict_pb2, tensor_pb2
from tears.tfserving.v1.config_pb2 import ModelServerConfig
from tears.tfserving.v1.prediction_log_pb2 import PredictionLog

X = {"x": np.ones((2, 1), np.float32)}
BOTH = "model_version_policy { all {} }"


def config_text(**models: tuple[Path, str]) -> str:
    """A ModelServerConfig: models by name, with their folder and what else is said of them."""
    entries = (
        f'config {{ name: "{name}" base_path: "{base_path}" model_platform: "tensorflow" {rest} }}'
        for name, (base_path, rest) in models.items()
    )
    return f"model_config_list {{ {' '.join(entries)} }}"


def replace(path: Path, text: str) -> None:
    """Writes a file in one step, so that nobody reads half of it."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


class House:
    """A server over a configuration file, and a client of it."""

    def __init__(self, process: ServiceProcess, channel: grpc.Channel, path: Path) -> None:
        self.process = process
        self.client = Client(channel)
        self.path = path
        self._reload = HANDLE_RELOAD_CONFIG_REQUEST.on(channel)

    def configure(self, **models: tuple[Path, str]) -> None:
        replace(self.path, config_text(**models))

    def reload(self, text: str) -> management_pb2.ReloadConfigResponse:
        config = text_format.Parse(text, ModelServerConfig())
        return self._reload(management_pb2.ReloadConfigRequest(config=config), timeout=DEADLINE_SECONDS)

    def answer(self, model: str, **spec: Any) -> tuple[int, list[float]]:
        """The version that answered, and its y."""
        reply = self.client.predict(model, X, **spec)
        return reply.model_spec.version.value, scores(reply)["y"]

    def refusal(self, model: str, **spec: Any) -> tuple[grpc.StatusCode, str | None]:
        return refused(partial(self.answer, model, **spec))


def refused(call: Any) -> tuple[grpc.StatusCode, str | None]:
    with pytest.raises(grpc.RpcError) as error:
        call()
    return error.value.code(), error.value.details()


@contextmanager
def house(folder: Path, flags: Sequence[str] = (), **models: tuple[Path, str]) -> Iterator[House]:
    path = folder / "models.config"
    replace(path, config_text(**models))
    arguments = [f"--model_config_file={path}", "--port=0", "--log_format=text", "--file_system_poll_wait_seconds=0.02"]
    with (
        ServiceProcess("tears.model_server", {}, folder / "log", arguments=[*arguments, *flags]) as process,
        grpc.insecure_channel(f"localhost:{port_of(process)}") as channel,
    ):
        yield House(process, channel, path)


@pytest.fixture
def two(zoo: Path) -> tuple[Path, str]:
    return zoo / "half_plus_two", ""


@pytest.fixture
def three(zoo: Path, tmp_path: Path) -> tuple[Path, str]:
    """Another model of the same signature, as versions 1 and 2."""
    for version in ("1", "2"):
        publish(zoo / "two_signatures" / "1", tmp_path / "three", version)
    return tmp_path / "three", ""


def test_a_file_that_changes_adds_removes_and_keeps_models(
    tmp_path: Path, two: tuple[Path, str], three: tuple[Path, str]
) -> None:
    with house(tmp_path, ["--model_config_file_poll_wait_seconds=0.02"], two=two, three=three) as served:
        assert served.answer("two") == (1, [2.5, 2.5])
        assert served.answer("three")[0] == 2
        served.configure(three=three)
        wait_until(lambda: served.client.states("two") == {1: "END"})
        assert served.refusal("two") == (grpc.StatusCode.NOT_FOUND, "Servable not found for request: Latest(two)")
        assert refused(lambda: served.client.health("two"))[0] is grpc.StatusCode.NOT_FOUND
        assert served.answer("three")[0] == 2
        served.configure(two=two, three=(three[0], BOTH))
        wait_until(lambda: served.client.states("three") == {2: "AVAILABLE", 1: "AVAILABLE"})
        assert served.answer("two")[0] == 1
        assert served.answer("three", version={"value": 1})[0] == 1


def test_a_file_that_goes_bad_changes_nothing_and_says_what_is_wrong(tmp_path: Path, two: tuple[Path, str]) -> None:
    with house(tmp_path, ["--model_config_file_poll_wait_seconds=0.02"], two=two) as served:
        served.path.write_text("model_config_list { config {")
        served.process.wait_for_log(
            r"ERROR \S+/models.config is not in effect; the previous configuration stays: Error parsing text-"
        )
        assert served.answer("two")[0] == 1
        assert served.client.health() == "SERVING"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("improperly formatted file", "Error parsing text-format tensorflow.serving.ModelServerConfig: {path}:1:1 : "),
        ('model_config_list { config { name: "m" base_path: "m" model_platform: "tensorflow" } }', "absolute path"),
        (
            (
                'model_config_list { config { name: "m" base_path: "/m" model_platform: "tensorflow"'
                ' version_labels { key: "stable" value: 1 } } }'
            ),
            (
                "Request to assign label to version 1 of model m, which is not currently available for inference; "
                "--allow_version_labels_for_unavailable_models allows it"
            ),
        ),
    ],
)
def test_a_file_that_cannot_be_at_the_start_is_one_clear_line_and_status_1(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "models.config"
    path.write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "tears.model_server", "--port=0", f"--model_config_file={path}", "--log_format=text"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert said.format(path=path) in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_labels_lead_a_canary_from_its_first_request_to_being_the_stable_one(
    tmp_path: Path, three: tuple[Path, str]
) -> None:
    base_path = three[0]

    def text(policy: str, **labels: int) -> str:
        rest = " ".join(f'version_labels {{ key: "{label}" value: {number} }}' for label, number in labels.items())
        return config_text(m=(base_path, f"model_version_policy {{ specific {{ {policy} }} }} {rest}"))

    first = (base_path, "model_version_policy { specific { versions: 1 } }")
    with house(tmp_path, m=first) as served:
        served.reload(text("versions: 1", stable=1))
        assert served.answer("m", version_label="stable")[0] == 1
        assert refused(lambda: served.reload(text("versions: 1 versions: 2", stable=1, canary=2))) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "Request to assign label to version 2 of model m, which is not currently available for inference",
        )
        served.reload(text("versions: 1 versions: 2", stable=1))
        served.reload(text("versions: 1 versions: 2", stable=1, canary=2))
        assert served.answer("m", version_label="canary")[0] == 2
        served.reload(text("versions: 1 versions: 2", stable=2))
        assert served.answer("m", version_label="stable")[0] == 2
        served.reload(text("versions: 2", stable=2))
        assert served.client.states("m") == {2: "AVAILABLE", 1: "END"}
        assert served.answer("m", version_label="stable")[0] == 2
        assert served.refusal("m", version_label="canary") == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "Unrecognized servable version label: canary",
        )


def test_labels_may_come_before_their_versions_where_a_flag_allows_it(tmp_path: Path, three: tuple[Path, str]) -> None:
    labelled = (three[0], 'version_labels { key: "stable" value: 2 } version_labels { key: "next" value: 3 }')
    with house(tmp_path, ["--allow_version_labels_for_unavailable_models"], m=labelled) as served:
        assert served.answer("m", version_label="stable")[0] == 2
        assert served.refusal("m", version_label="next")[0] is grpc.StatusCode.NOT_FOUND


def test_an_rpc_reconfigures_the_server(tmp_path: Path, two: tuple[Path, str], three: tuple[Path, str]) -> None:
    with house(tmp_path, two=two) as served:
        reply = served.reload(config_text(two=two, three=three))
        assert (reply.status.error_code, reply.status.error_message) == (0, "")
        assert (served.answer("two")[0], served.answer("three")[0]) == (1, 2)
        served.reload(config_text(three=(two[0], "")))
        assert served.client.states("three") == {2: "END", 1: "AVAILABLE"}
        assert served.refusal("two")[0] is grpc.StatusCode.NOT_FOUND
        assert refused(lambda: served.reload("")) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            (
                "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                "Only ModelConfigList is currently supported"
            ),
        )
        code, details = refused(lambda: served.reload(config_text(three=two, gone=(tmp_path / "gone", ""))))
        assert code is grpc.StatusCode.UNKNOWN
        assert details is not None
        assert details.startswith("1 model(s) did not become available: {{name: gone due to error: ")
        assert served.answer("three")[0] == 1
        served.reload("model_config_list {}")
        assert served.refusal("three")[0] is grpc.StatusCode.NOT_FOUND


def warmup_log(rows: int, **spec: str) -> bytes:
    request = predict_pb2.PredictRequest(model_spec=spec)
    array = np.zeros((rows, 1), np.float32)
    request.inputs["x"].CopyFrom(tensors.from_bytes(tensor_pb2.DT_FLOAT, array.shape, array.tobytes()))
    return PredictionLog(predict_log={"request": request}).SerializeToString()


def test_a_version_answers_its_own_requests_before_others(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "m"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    write_warmup(base_path / "1", [warmup_log(1), warmup_log(3, name="another")])
    with house(tmp_path, ["--num_request_iterations_for_warmup=2"], m=(base_path, "")) as served:
        log = served.process.log()
        assert log.index("2 warm-up requests of") < log.index("version 1 is available")
        assert served.answer("m")[0] == 1
        publish(zoo / "half_plus_two" / "1", base_path, ".2")
        write_warmup(base_path / ".2", [warmup_log(1, signature_name="absent")])
        (base_path / ".2").rename(base_path / "2")
        served.process.wait_for_log('version 2 cannot be served: Serving signature key "absent" not found')
        assert served.client.states("m") == {2: "END", 1: "AVAILABLE"}
        assert served.answer("m")[0] == 1


def test_warm_up_can_be_switched_off(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "m"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    write_warmup(base_path / "1", [b"no log at all"])
    with house(tmp_path, ["--enable_model_warmup=false"], m=(base_path, "")) as served:
        assert served.answer("m")[0] == 1


def test_what_would_not_load_is_tried_again_though_nobody_looks_for_versions(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "m"
    (base_path / "1").mkdir(parents=True)
    flags = ["--file_system_poll_wait_seconds=0", "--load_retry_interval_micros=20000", "--max_num_load_retries=100000"]
    with house(tmp_path, flags, m=(base_path, "")) as served:
        served.process.wait_for_log("version 1 cannot be served: ")
        os.link(zoo / "half_plus_two" / "1" / "model.tflite", base_path / "1" / "model.tflite")
        wait_until(lambda: served.client.states("m") == {1: "AVAILABLE"})
        publish(zoo / "half_plus_two" / "1", base_path, "2")
        assert served.answer("m")[0] == 1


def test_flags_without_a_meaning_here_are_named_once(tmp_path: Path, two: tuple[Path, str]) -> None:
    with house(tmp_path, ["--enable_profiler=false", "--flush_filesystem_caches"], two=two) as served:
        log = served.process.log()
        assert log.count("ignored, because they change nothing here: --flush_filesystem_caches, --enable_profiler") == 1


def test_a_hundred_swaps_under_load_fail_no_request(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "m"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    stop = threading.Event()
    with house(tmp_path, m=(base_path, "")) as served, ThreadPoolExecutor(2) as pool:

        def keep_asking() -> set[int]:
            answered_by = set()
            while not stop.is_set():
                version, y = served.answer("m")
                assert y == [2.5, 2.5]
                answered_by.add(version)
            return answered_by

        asking = [pool.submit(keep_asking) for _ in range(2)]
        try:
            for version in range(2, 102):
                (base_path / str(version)).symlink_to(zoo / "half_plus_two" / "1")
                served.process.wait_for_log(f"model m version {version} is available")
        finally:
            stop.set()
        assert len(set.union(*(task.result() for task in asking))) > 50
        wait_until(lambda: list(served.client.states("m").items())[:2] == [(101, "AVAILABLE"), (100, "END")])
        assert "ERROR" not in served.process.log()
