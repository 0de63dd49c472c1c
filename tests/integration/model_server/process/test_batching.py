"""Batching with the flags of the command line, over gRPC."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import numpy as np
import pytest
from integration.model_server.served import scores, serving

PARAMETERS = """
max_batch_size { value: 8 }
batch_timeout_micros { value: 2000 }
num_batch_threads { value: 2 }
allowed_batch_sizes: 4
allowed_batch_sizes: 8
"""


def test_each_of_many_callers_gets_its_own_rows(zoo: Path, tmp_path: Path) -> None:
    parameters = tmp_path / "batching.txt"
    parameters.write_text(PARAMETERS)
    flags = ["--enable_batching", f"--batching_parameters_file={parameters}"]

    with serving(zoo / "half_plus_two", tmp_path / "log", model="m", flags=flags) as (_, client):

        def ask(number: int) -> None:
            x = np.full((number % 3 + 1, 1), number, np.float32)
            assert scores(client.predict("m", {"x": x}))["y"] == [number / 2 + 2] * len(x)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, range(200)))
        with pytest.raises(grpc.RpcError) as refused:
            client.predict("m", {"x": np.ones((9, 1), np.float32)})
        assert (refused.value.code(), refused.value.details()) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "Task size 9 is larger than maximum input batch size 8",
        )


def test_a_model_that_cannot_be_batched_is_served_beside_one_that_is(zoo: Path, tmp_path: Path) -> None:
    window = np.full((1, 110_250), 0.25, np.float32)
    with serving(zoo / "cry", tmp_path / "log", flags=["--enable_batching"]) as (process, client):
        process.wait_for_log("signature serving_default is not batched")
        assert scores(client.predict("cry", {"waveform": window}))["crying"] == [pytest.approx(0.25, abs=1e-4)]
