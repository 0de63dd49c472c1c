"""A model with a linear head answers with its features too, over gRPC and REST."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from integration.model_server.rest.rest_client import RestClient, rest_client
from integration.model_server.served import WINDOW, Client, scores, serving
from support.head_models import SECONDS, TINY_HEAD, tiny_version

from tears.audio.constants import WINDOW_SAMPLES
from tears.model_server.engines.litert_graphs import open_graphs
from tears.own_data.versions.tflite_head import read_head
from tears.tfserving import signatures, tensors
from tears.tfserving.contract import scoring_contract
from tears.tfserving.v1 import tensor_pb2

SUM = 0.25 * WINDOW_SAMPLES / SECONDS  # of one second of the window that is sent


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, RestClient]]:
    """Serve the tiny model, and return a client for each API."""
    models = tmp_path_factory.mktemp("models")
    tiny_version(models / "1")
    log_path = tmp_path_factory.mktemp("server") / "log"
    with serving(models, log_path, flags=["--rest_api_port=-1"]) as (process, client):
        yield client, rest_client(process)


@pytest.fixture
def grpc_client(clients: tuple[Client, RestClient]) -> Client:
    return clients[0]


@pytest.fixture
def rest(clients: tuple[Client, RestClient]) -> RestClient:
    return clients[1]


def test_predict_with_the_signature_s_name_returns_the_features(grpc_client: Client) -> None:
    reply = grpc_client.predict("cry", {"waveform": WINDOW}, signature_name="embed")

    assert reply.model_spec.signature_name == "embed"
    assert list(reply.outputs) == ["features"]
    assert [dim.size for dim in reply.outputs["features"].tensor_shape.dim] == [1, SECONDS]
    assert tensors.numbers(reply.outputs["features"]) == pytest.approx([SUM] * SECONDS)


def test_predict_without_a_name_returns_the_scores_of_the_head_for_these_features(grpc_client: Client) -> None:
    quiet = WINDOW * np.float32(1e-4)
    features = np.array(
        [tensors.numbers(grpc_client.predict("cry", {"waveform": quiet}, signature_name="embed").outputs["features"])]
    )
    expected = TINY_HEAD.scores(features.astype(np.float32))[0]

    assert scores(grpc_client.predict("cry", {"waveform": quiet})) == {
        "crying": [pytest.approx(expected, abs=1e-5)],
        "other": [pytest.approx(1 - expected, abs=1e-5)],
    }


def test_the_metadata_lists_both_signatures_and_the_contract_is_that_of_the_scores(grpc_client: Client) -> None:
    listed = signatures.unpack(grpc_client.metadata("cry"))
    embed = listed.signature_def["embed"]

    assert set(listed.signature_def) == {"serving_default", "embed"}
    assert [dim.size for dim in embed.inputs["waveform"].tensor_shape.dim] == [1, WINDOW_SAMPLES]
    assert [dim.size for dim in embed.outputs["features"].tensor_shape.dim] == [1, SECONDS]
    assert embed.outputs["features"].dtype == tensor_pb2.DT_FLOAT
    assert scoring_contract(listed, WINDOW_SAMPLES).labels == ("crying", "other")


def test_rest_returns_the_features_and_lists_the_signature(rest: RestClient) -> None:
    answer = rest.predict("cry", signature_name="embed", instances=WINDOW.tolist())
    described = rest.get("/v1/models/cry/metadata").json["metadata"]["signature_def"]["signature_def"]

    assert answer.json["predictions"] == [pytest.approx([SUM] * SECONDS)]
    assert set(described) == {"serving_default", "embed"}


def test_both_signatures_run_on_one_graph_of_one_interpreter(tmp_path: Path) -> None:
    content = (tiny_version(tmp_path / "1") / "model.tflite").read_bytes()
    graphs = open_graphs(content, threads=1)

    assert {(id(graph._interpreter), graph._subgraph) for graph in graphs.values()} == {  # type: ignore[attr-defined]
        (id(graphs["embed"]._interpreter), 0)  # type: ignore[attr-defined]
    }
    assert read_head(content).bias == pytest.approx(TINY_HEAD.bias)
