"""Versions that come, go and break while a server process runs."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

import grpc
import numpy as np
import pytest
from integration.model_server.served import WINDOW, publish, refusal, rss_bytes, scores, serving
from support.waiting import wait_until


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


def test_overwriting_a_file_in_place_does_not_change_what_is_served(zoo: Path, tmp_path: Path) -> None:
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
        )  # in one step: a base path that exists without versions means something else
        process.wait_for_log("cannot be read .No such file or directory.; what is loaded stays")
        assert client.predict("cry", {"waveform": WINDOW}).model_spec.version.value == 1
        publish(zoo / "cry" / "1", base_path, "2")
        process.wait_for_log("version 2 is available")


def test_a_server_without_a_model_stays_up_reports_what_is_missing_and_serves_it_later(
    zoo: Path, tmp_path: Path
) -> None:
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
