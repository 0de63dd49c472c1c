"""An exported version in our server and in the official one, asked by the official client."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from contract.conftest import Judge
from integration.model_server.served import Client, port_of
from support.processes.service_process import ServiceProcess
from support.training.exports import LABELS, SHORT_SETTINGS, export_settings, untrained
from support.waiting import wait_until
from tensorflow_serving.apis import prediction_log_pb2, prediction_service_pb2_grpc

from tears.trainer.exporting.comparison import named_windows

DEADLINE_SECONDS = 60.0


@pytest.fixture(scope="module")
def model() -> Any:
    return untrained()


@pytest.fixture(scope="module")
def versions(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export the first version, and return the folder of the versions."""
    folder = tmp_path_factory.mktemp("training") / "export"
    export_settings(model, folder)
    return folder


@pytest.fixture(scope="module")
def our_server(versions: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process = ServiceProcess(
        "tears.model_server",
        {},
        tmp_path_factory.mktemp("server") / "log",
        arguments=[
            "--port=0",
            "--model_name=cry",
            f"--model_base_path={versions}",
            "--file_system_poll_wait_seconds=0.05",
        ],
    )
    try:
        yield f"localhost:{port_of(process)}"
    finally:
        process.kill()


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    judge = Judge(tmp_path_factory.mktemp("judge") / "log")
    yield judge
    judge.close()


@pytest.fixture(scope="module")
def official_server(judge: Judge, versions: Path) -> str:
    return f"localhost:{judge('serve', model='cry', folder=str(versions / '1'), version=1)}"


def cry() -> Any:
    return named_windows(SHORT_SETTINGS.clip_samples, SHORT_SETTINGS.sample_rate_hz)["cry-like"][None]


def test_both_servers_give_the_trained_models_scores(
    judge: Judge, our_server: str, official_server: str, model: Any
) -> None:
    expected = tf.nn.softmax(model(cry(), training=False)).numpy()[0]

    for address in (our_server, official_server):
        scores = judge(
            "predict",
            address=address,
            model="cry",
            inputs={"waveform": cry().tolist()},
            dtype="float32",
            reading="content",
        )
        assert scores == {
            label: [[pytest.approx(score, abs=1e-4)]] for label, score in zip(LABELS, expected, strict=True)
        }


def test_both_servers_describe_input_and_labels_alike(judge: Judge, our_server: str, official_server: str) -> None:
    ours, theirs = (
        judge("read_metadata", address=address, model="cry")["signature_def"]["serving_default"]
        for address in (our_server, official_server)
    )

    for signature in (ours, theirs):
        assert {name: info["tensor_shape"] for name, info in signature["inputs"].items()} == {
            "waveform": {"dim": [{"size": "1"}, {"size": "16000"}]}
        }
        assert set(signature["outputs"]) == set(LABELS)
        assert {info["dtype"] for side in ("inputs", "outputs") for info in signature[side].values()} == {"DT_FLOAT"}


def test_the_warm_up_requests_are_read_by_the_official_class_and_answered(
    versions: Path, our_server: str, official_server: str
) -> None:
    path = versions / "1" / "assets.extra" / "tf_serving_warmup_requests"
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))
    ]
    requests = [log.predict_log.request for log in logs]

    assert [log.WhichOneof("log_type") for log in logs] == ["predict_log"] * 3
    assert {(request.model_spec.name, request.model_spec.signature_name) for request in requests} == {
        ("cry", "serving_default")
    }
    waveforms = [tf.make_ndarray(request.inputs["waveform"]) for request in requests]
    assert {(waveform.shape, waveform.dtype) for waveform in waveforms} == {((1, 16_000), np.dtype(np.float32))}
    np.testing.assert_array_equal(waveforms[2], cry())
    for address in (our_server, official_server):
        with grpc.insecure_channel(address) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            for request in requests:
                reply = stub.Predict(request, timeout=DEADLINE_SECONDS)
                total = sum(tf.make_ndarray(score).item() for score in reply.outputs.values())
                assert total == pytest.approx(1.0, abs=1e-5)


def test_a_server_that_watches_loads_the_next_version_at_the_first_attempt(
    versions: Path, our_server: str, model: Any
) -> None:
    with grpc.insecure_channel(our_server) as channel:
        client = Client(channel)
        assert client.states("cry") == {1: "AVAILABLE"}

        assert export_settings(model, versions).name == "2"

        wait_until(lambda: client.states("cry").get(2) == "AVAILABLE")
        assert client.predict("cry", {"waveform": cry()}).model_spec.version.value == 2


@pytest.mark.parametrize(("lost", "says"), [("", "model.tflite is damaged"), ("SHA256SUMS", "warm-up request")])
def test_a_version_that_is_not_what_was_exported_is_not_served(
    versions: Path, our_server: str, lost: str, says: str
) -> None:
    """Make many weights large, which no engine notices; without checksums the answers show it."""
    number = 8 if lost else 9
    draft = shutil.copytree(versions / "1", versions / f".{number}")
    content = bytearray((draft / "model.tflite").read_bytes())
    for at in range(len(content) // 12 * 4, len(content) // 2, 4):  # the highest byte of each float
        content[at + 3] = 0x41
    (draft / "model.tflite").write_bytes(content)
    if lost:
        (draft / lost).unlink()
    draft.rename(versions / str(number))
    with grpc.insecure_channel(our_server) as channel:
        client = Client(channel)
        wait_until(lambda: client.states("cry").get(number) == "END")
        assert says in client.message("cry", number)
        assert client.predict("cry", {"waveform": cry()}).model_spec.version.value < number
    shutil.rmtree(versions / str(number))
