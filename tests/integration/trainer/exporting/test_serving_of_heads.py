"""A version with a linear head in our server and in the official one, asked for its features by the official client."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from contract.conftest import Judge
from integration.model_server.served import port_of, serving
from support.training.exports import export_with_head, untrained_features

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import int16_from_float
from tears.own_data.versions.decision_head import DecisionHead
from tears.trainer.exporting.comparison import named_windows

FEATURES = 24
HEAD = DecisionHead(np.linspace(-3, 3, FEATURES, dtype=np.float32), 0.1, 1.7, -0.25)
WINDOW = named_windows()["cry-like"][np.newaxis]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    judge = Judge(tmp_path_factory.mktemp("judge") / "log")
    yield judge
    judge.close()


@pytest.fixture(scope="module")
def addresses(judge: Judge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Serve a version with both servers: LiteRT runs it in ours, and TensorFlow in the official one."""
    folder = tmp_path_factory.mktemp("export")
    version = export_with_head(untrained_features(FEATURES), folder, HEAD, quantize=False)
    with serving(folder, tmp_path_factory.mktemp("server") / "log") as (process, _):
        official = judge("serve", model="cry", folder=str(version), version=1)
        yield f"localhost:{port_of(process)}", f"localhost:{official}"


def answer(judge: Judge, address: str, signature: str) -> dict[str, Any]:
    window = int16_from_float(WINDOW) if signature == "serving_int16" else WINDOW
    inputs = {"waveform": window.tolist()}
    dtype = window.dtype.name
    reply: dict[str, Any] = judge(
        "predict", address=address, model="cry", inputs=inputs, dtype=dtype, reading="content", signature=signature
    )
    return reply


def test_both_servers_return_the_same_features_under_the_signature_embed(
    judge: Judge, addresses: tuple[str, str]
) -> None:
    ours, theirs = (answer(judge, address, "embed") for address in addresses)

    assert set(ours) == set(theirs) == {"features"}
    assert np.shape(ours["features"]) == (1, FEATURES)
    np.testing.assert_allclose(ours["features"], theirs["features"], rtol=1e-3, atol=1e-5)


def test_the_head_gives_both_servers_scores_from_these_features(judge: Judge, addresses: tuple[str, str]) -> None:
    for address in addresses:
        features = np.array(answer(judge, address, "embed")["features"], np.float32)
        score = answer(judge, address, "serving_default")["crying"]
        assert score == [[pytest.approx(HEAD.scores(features)[0], abs=1e-5)]]


def test_both_servers_give_integers_the_scores_of_the_same_floats(judge: Judge, addresses: tuple[str, str]) -> None:
    for address in addresses:
        assert answer(judge, address, "serving_int16") == answer(judge, address, "serving_default")


def test_the_official_client_finds_the_signatures_in_the_metadata(judge: Judge, addresses: tuple[str, str]) -> None:
    for address in addresses:
        described = judge("read_metadata", address=address, model="cry")["signature_def"]
        assert set(described) - {"__saved_model_init_op"} == {"serving_default", "serving_int16", "embed"}
        assert {
            name: [int(dim["size"]) for dim in info["tensor_shape"]["dim"]]
            for side in ("inputs", "outputs")
            for name, info in described["embed"][side].items()
        } == {"waveform": [1, WINDOW_SAMPLES], "features": [1, FEATURES]}
