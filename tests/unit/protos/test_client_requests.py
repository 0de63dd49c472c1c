"""The requests of a client, as a server gets them over real gRPC."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.network.model_servers import FakeModelServer

from tears.audio.constants import WINDOW_SAMPLES
from tears.tfserving import tensors
from tears.tfserving.channels import direct_channel
from tears.tfserving.client import ModelClient
from tears.tfserving.contract import ModelContract
from tears.tfserving.v1 import model_pb2, predict_pb2, tensor_pb2

FLOATS = ModelContract("serving_default", "waveform", tensor_pb2.DT_FLOAT, (1, WINDOW_SAMPLES), ("crying", "other"))
INTEGERS = replace(FLOATS, signature="serving_int16", input_dtype=tensor_pb2.DT_INT16)
FLAT = replace(FLOATS, input_shape=(WINDOW_SAMPLES,))


def content_of(contract: ModelContract, value: int) -> memoryview:
    return contract.encode_window(np.full(WINDOW_SAMPLES, value, np.int16))


def request_of(contract: ModelContract, content: memoryview, version: int | None) -> predict_pb2.PredictRequest:
    spec = model_pb2.ModelSpec(name="cry", signature_name=contract.signature)
    if version is not None:
        spec.version.value = version
    tensor = tensors.from_bytes(contract.input_dtype, contract.input_shape, content)
    return predict_pb2.PredictRequest(model_spec=spec, inputs={contract.input_name: tensor})


@pytest.mark.parametrize("version", [None, 3])
def test_each_window_arrives_as_a_whole_request(tmp_path: Path, version: int | None) -> None:
    asked = [(FLOATS, 1), (FLOATS, -2), (INTEGERS, 3), (FLAT, 4), (FLOATS, 0)]

    with FakeModelServer(tmp_path) as server, direct_channel(server.address) as channel:
        server.takes_integers_too = True
        client = ModelClient(channel, model="cry", window_samples=WINDOW_SAMPLES, version=version)
        for contract, value in asked:
            client.predict(contract, content_of(contract, value), 30.0)

    assert server.requests == [request_of(contract, content_of(contract, value), version) for contract, value in asked]
