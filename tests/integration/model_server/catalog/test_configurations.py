"""`tears-model-server` with several models, configured by a file and by RPCs."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import grpc
import pytest
from integration.model_server.catalog.configured_server import config_text, configured_server
from integration.model_server.served import publish, refusal
from support.waiting import wait_until

BOTH = "model_version_policy { all {} }"


def test_a_file_that_changes_adds_removes_and_keeps_models(
    tmp_path: Path, two: tuple[Path, str], three: tuple[Path, str]
) -> None:
    with configured_server(tmp_path, ["--model_config_file_poll_wait_seconds=0.02"], two=two, three=three) as served:
        assert served.answer("two") == (1, [2.5, 2.5])
        assert served.answer("three")[0] == 2
        served.configure(three=three)
        wait_until(lambda: served.client.states("two") == {1: "END"})
        assert served.refusal("two") == (grpc.StatusCode.NOT_FOUND, "Servable not found for request: Latest(two)")
        assert refusal(lambda: served.client.health("two"))[0] is grpc.StatusCode.NOT_FOUND
        assert served.answer("three")[0] == 2
        served.configure(two=two, three=(three[0], BOTH))
        wait_until(lambda: served.client.states("three") == {2: "AVAILABLE", 1: "AVAILABLE"})
        assert served.answer("two")[0] == 1
        assert served.answer("three", version={"value": 1})[0] == 1


def test_a_file_that_becomes_invalid_changes_nothing_and_the_log_says_why(
    tmp_path: Path, two: tuple[Path, str]
) -> None:
    with configured_server(tmp_path, ["--model_config_file_poll_wait_seconds=0.02"], two=two) as served:
        served.path.write_text("model_config_list { config {")
        served.process.wait_for_log(
            r"ERROR \S+/models.config is not in effect; the previous configuration stays: Error parsing text-"
        )
        assert served.answer("two")[0] == 1
        assert served.client.health() == "SERVING"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("improperly formatted file", "Error parsing text-format tensorflow.serving.ModelServerConfig: {path}:1:1 : "),
        ('model_config_list { config { name: "m" base_path: "m" model_platform: "tensorflow" } }', "absolute path"),
        (
            'model_config_list { config { name: "m" base_path: "s3://b/m" model_platform: "tensorflow" } }',
            "Model m: s3://b/m is not a folder of this machine: copy or mount what is there, and name that path",
        ),
    ],
)
def test_an_invalid_file_at_the_start_is_one_clear_line_and_status_1(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "models.config"
    path.write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "tears.model_server", "--port=0", f"--model_config_file={path}", "--log_format=text"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    assert expected.format(path=path) in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_labels_take_a_canary_from_its_first_request_to_stable(tmp_path: Path, three: tuple[Path, str]) -> None:
    base_path = three[0]

    def text(policy: str, **labels: int) -> str:
        rest = " ".join(f'version_labels {{ key: "{label}" value: {number} }}' for label, number in labels.items())
        return config_text(m=(base_path, f"model_version_policy {{ specific {{ {policy} }} }} {rest}"))

    first = (base_path, "model_version_policy { specific { versions: 1 } }")
    with configured_server(tmp_path, m=first) as served:
        served.reload(text("versions: 1", stable=1))
        assert served.answer("m", version_label="stable")[0] == 1
        assert refusal(lambda: served.reload(text("versions: 1 versions: 2", stable=1, canary=2))) == (
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


def test_the_first_configuration_may_have_labels(tmp_path: Path, three: tuple[Path, str]) -> None:
    labelled = (three[0], 'version_labels { key: "stable" value: 2 } version_labels { key: "next" value: 3 }')
    with configured_server(tmp_path, m=labelled) as served:
        assert served.answer("m", version_label="stable")[0] == 2
        assert served.refusal("m", version_label="next")[0] is grpc.StatusCode.NOT_FOUND
        assert "label next of model m names version 3, which is not served" in served.process.log()


def test_a_reload_is_refused_unless_a_flag_allows_it_and_says_nothing_about_folders(zoo: Path, tmp_path: Path) -> None:
    served_model = (zoo / "half_plus_two", "")
    with configured_server(tmp_path, ["--allow_reload_config_request=false"], m=served_model) as served:
        for text in ("model_config_list {}", config_text(m=(tmp_path / "gone", "")), ""):
            code, details = refusal(partial(served.reload, text))
            assert code is grpc.StatusCode.PERMISSION_DENIED
            assert "start it with --allow_reload_config_request" in details
            assert str(tmp_path) not in details
        assert served.answer("m")[0] == 1


def test_labels_may_come_before_their_versions_if_a_flag_allows_it(tmp_path: Path, three: tuple[Path, str]) -> None:
    labelled = (three[0], 'version_labels { key: "stable" value: 2 } version_labels { key: "next" value: 3 }')
    with configured_server(tmp_path, ["--allow_version_labels_for_unavailable_models"], m=labelled) as served:
        assert served.answer("m", version_label="stable")[0] == 2
        assert served.refusal("m", version_label="next")[0] is grpc.StatusCode.NOT_FOUND


def test_an_rpc_reconfigures_the_server(tmp_path: Path, two: tuple[Path, str], three: tuple[Path, str]) -> None:
    with configured_server(tmp_path, two=two) as served:
        reply = served.reload(config_text(two=two, three=three))
        assert (reply.status.error_code, reply.status.error_message) == (0, "")
        assert (served.answer("two")[0], served.answer("three")[0]) == (1, 2)
        served.reload(config_text(three=(two[0], "")))
        assert served.client.states("three") == {2: "END", 1: "AVAILABLE"}
        assert served.refusal("two")[0] is grpc.StatusCode.NOT_FOUND
        assert refusal(lambda: served.reload("")) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            (
                "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                "Only ModelConfigList is currently supported"
            ),
        )
        code, details = refusal(lambda: served.reload(config_text(three=two, gone=(tmp_path / "gone", ""))))
        assert code is grpc.StatusCode.UNKNOWN
        assert details is not None
        assert details.startswith("1 model(s) did not become available: {{name: gone due to error: ")
        assert served.answer("three")[0] == 1
        served.reload("model_config_list {}")
        assert served.refusal("three")[0] is grpc.StatusCode.NOT_FOUND


def test_a_failed_version_is_retried_even_if_the_server_does_not_look_for_new_ones(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "m"
    (base_path / "1").mkdir(parents=True)
    flags = ["--file_system_poll_wait_seconds=0", "--load_retry_interval_micros=20000", "--max_num_load_retries=100000"]
    with configured_server(tmp_path, flags, m=(base_path, "")) as served:
        served.process.wait_for_log("version 1 cannot be served: ")
        os.link(zoo / "half_plus_two" / "1" / "model.tflite", base_path / "1" / "model.tflite")
        wait_until(lambda: served.client.states("m") == {1: "AVAILABLE"})
        publish(zoo / "half_plus_two" / "1", base_path, "2")
        assert served.answer("m")[0] == 1


def test_ignored_flags_are_logged_once(tmp_path: Path, two: tuple[Path, str]) -> None:
    with configured_server(tmp_path, ["--enable_profiler=false", "--flush_filesystem_caches"], two=two) as served:
        log = served.process.log()
        assert log.count("ignored, because they change nothing here: --flush_filesystem_caches, --enable_profiler") == 1


def test_a_hundred_swaps_under_load_fail_no_request(zoo: Path, tmp_path: Path) -> None:
    base_path = tmp_path / "m"
    publish(zoo / "half_plus_two" / "1", base_path, "1")
    stop = threading.Event()
    with configured_server(tmp_path, m=(base_path, "")) as served, ThreadPoolExecutor(2) as pool:

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
