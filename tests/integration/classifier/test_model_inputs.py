"""The real classifier process sends a window in the form that the model's signatures name."""

from pathlib import Path

import numpy as np
import redis
from integration.classifier.classified_windows import add, classifier, wait_for, window
from support.network.model_servers import FakeModelServer

from tears.kit.streams.names import WINDOWS_STREAM, dead
from tears.tfserving.v1 import tensor_pb2


def test_the_model_gets_int16_divided_by_32768(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    add(redis_client, window(16_384))
    with classifier(redis_url, model, tmp_path):
        wait_for(redis_client, 1)
    tensor = model.requests[0].inputs["waveform"]
    sent = np.frombuffer(tensor.tensor_content, "<f4")
    assert sent.shape == (110_250,)
    assert set(sent) == {0.5}


def test_a_model_of_int16_gets_half_the_bytes(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    model.input_dtype = tensor_pb2.DT_INT16
    add(redis_client, window(3))
    with classifier(redis_url, model, tmp_path):
        wait_for(redis_client, 1)
    assert model.requests[0].inputs["waveform"].tensor_content == window(3).pcm


def test_a_model_that_takes_integers_too_gets_the_bytes_of_the_window(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    model.takes_integers_too = True
    add(redis_client, window(3))
    with classifier(redis_url, model, tmp_path):
        wait_for(redis_client, 1)
    assert model.requests[0].model_spec.signature_name == "serving_int16"
    assert model.requests[0].inputs["waveform"].tensor_content == window(3).pcm


def test_a_model_that_is_replaced_by_one_with_other_signatures_scores_all_windows(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    with classifier(redis_url, model, tmp_path) as process:
        for index, takes_integers in enumerate((True, True, False, False, True, True)):
            # Of two windows after a change the second is asked with what was learnt after the first.
            model.takes_integers_too, model.version = takes_integers, index // 2 + 1
            add(redis_client, window(index))
            found = wait_for(redis_client, index + 1)
        process.wait_until_ready()
        assert "waits:" not in process.log()
    assert [detection.header.index for detection in found] == list(range(6))
    assert {detection.tombstone for detection in found} == {None}
    assert redis_client.xlen(dead(WINDOWS_STREAM)) == 0
    signatures = [request.model_spec.signature_name for request in model.requests]
    assert signatures[:4] == ["serving_int16"] * 2 + ["serving_default"] * 2
    assert signatures[-1] == "serving_int16"
