"""The real classifier process, on a real Redis, over real gRPC."""

import math
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import redis
from integration.classifier.classified_windows import (
    DEADLINE_SECONDS,
    add,
    classifier,
    detections,
    wait_for,
    window,
)
from support.network.cuttable_proxy import CuttableProxy
from support.network.model_servers import FakeModelServer, Refusal
from support.waiting import wait_until

from tears.kit.messages import AudioWindow, Tombstone, TombstoneReason
from tears.kit.streams.names import BODY, CLASSIFIER_GROUP, DETECTIONS_STREAM, WINDOWS_STREAM, dead
from tears.tfserving.v1 import predict_pb2


def test_each_window_gets_its_scores_and_is_removed(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    model.version = 7
    add(redis_client, *[window(index) for index in range(6)])
    with classifier(redis_url, model, tmp_path) as process:
        found = wait_for(redis_client, 6)
        process.wait_until_ready()
        wait_until(
            lambda: redis_client.xlen(WINDOWS_STREAM) == 0, DEADLINE_SECONDS, describe="the windows to be removed"
        )
        process.terminate()
        assert process.wait_for_exit() == 0
    assert [one.header for one in found] == [window(index).header for index in range(6)]
    assert all(dict(one.scores) == {"crying": 0.25, "other": 0.75} for one in found)
    assert {(one.model, one.model_version) for one in found} == {("cry", 7)}


def test_tombstones_pass_through_without_the_model(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    add(redis_client, window(0, tombstone=Tombstone(TombstoneReason.GAP, "8 samples")), window(1))
    with classifier(redis_url, model, tmp_path):
        first, second = wait_for(redis_client, 2)
    assert first.tombstone == Tombstone(TombstoneReason.GAP, "8 samples")
    assert second.tombstone is None
    assert len(model.requests) == 1


def test_a_tombstone_that_could_not_be_passed_on_at_first_is_counted_once(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    redis_client.set(DETECTIONS_STREAM, "not a stream")
    add(redis_client, *[window(index, tombstone=Tombstone(TombstoneReason.GAP, "8 samples")) for index in range(9)])
    with classifier(redis_url, model, tmp_path) as process:
        process.wait_for_log("is not finished: WRONGTYPE")
        redis_client.delete(DETECTIONS_STREAM)
        wait_for(redis_client, 9)

        def counted() -> float:
            return process.metric("tears_classifier_tombstones_total", mic="nursery")

        def has_ended() -> bool:
            return process.metric("tears_classifier_entries_total", outcome="done") == 9

        wait_until(has_ended, DEADLINE_SECONDS)
        assert counted() == 9


def test_windows_wait_for_a_missing_and_for_an_unsuitable_model(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    model.is_missing = True
    add(redis_client, *[window(index) for index in range(3)])
    with classifier(redis_url, model, tmp_path) as process:
        process.wait_for_log("put the model in place, or check TEARS_CLASSIFIER_MODEL")
        assert process.probe("/readyz")[0] == 503
        assert process.probe("/healthz")[0] == 200
        model.input_shape, model.is_missing = (1, 16_000), False
        process.wait_for_log(r"has the shape \[1, 16000\]")
        assert detections(redis_client) == []
        model.input_shape = (1, 110_250)
        found = wait_for(redis_client, 3)
        process.wait_until_ready()
    assert all(one.tombstone is None for one in found)
    assert redis_client.xlen(dead(WINDOWS_STREAM)) == 0


def test_windows_wait_for_a_server_that_disappears(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    with classifier(redis_url, model, tmp_path) as process:
        add(redis_client, window(0))
        wait_for(redis_client, 1)
        model.stop()
        add(redis_client, window(1), window(2))
        process.wait_for_log("start the model server, or check TEARS_CLASSIFIER_SERVER")
        wait_until(lambda: process.probe("/readyz")[0] == 503, DEADLINE_SECONDS, describe="unready")
        model.start()
        found = wait_for(redis_client, 3)
        process.wait_until_ready()
    assert [one.header.index for one in found] == [0, 1, 2]
    assert all(one.tombstone is None for one in found)


def test_a_server_that_vanishes_silently_is_replaced_by_the_one_that_answers_at_its_address(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    with (
        CuttableProxy(Path(model.address.removeprefix("unix:"))) as proxy,
        classifier(redis_url, model, tmp_path, TEARS_CLASSIFIER_SERVER=proxy.address) as process,
    ):
        add(redis_client, window(0))
        wait_for(redis_client, 1)
        proxy.cut()
        add(redis_client, window(1))
        found = wait_for(redis_client, 2)
        process.wait_until_ready()
    assert proxy.connections == 2
    assert [one.tombstone for one in found] == [None, None]


def test_a_nan_score_becomes_a_tombstone_and_a_dead_letter(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    def answer(request: predict_pb2.PredictRequest) -> dict[str, float]:
        first = np.frombuffer(request.inputs["waveform"].tensor_content, "<f4")[0]
        return {"crying": math.nan if first * 32_768 == 1 else 0.5, "other": 0.5}

    model.answer = answer
    add(redis_client, *[window(index) for index in range(3)])
    with classifier(redis_url, model, tmp_path) as process:
        found = wait_for(redis_client, 3)
        assert process.metric("tears_classifier_entries_total", outcome="dead") == 1
    assert [one.tombstone is None for one in found] == [True, False, True]
    assert found[1].tombstone is not None
    assert found[1].tombstone.reason is TombstoneReason.POISON
    assert "nan" in found[1].tombstone.detail
    letters: Any = redis_client.xrange(dead(WINDOWS_STREAM))
    ((_, letter),) = letters
    assert AudioWindow.decode(letter[BODY]).header.index == 1
    assert b"nan" in letter[b"error"]


def test_a_refused_window_becomes_a_tombstone_and_garbage_becomes_a_dead_letter(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    def answer(_: predict_pb2.PredictRequest) -> dict[str, float]:
        raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, "not to my taste")

    model.answer = answer
    redis_client.xadd(WINDOWS_STREAM, {BODY: b"\xff\xff no protobuf"})
    add(redis_client, window(0))
    with classifier(redis_url, model, tmp_path) as process:
        (found,) = wait_for(redis_client, 1)
        wait_until(lambda: redis_client.xlen(dead(WINDOWS_STREAM)) == 2, DEADLINE_SECONDS, describe="two dead letters")
        assert process.is_running
    assert found.tombstone is not None
    assert "not to my taste" in found.tombstone.detail


def test_after_a_fault_of_the_server_a_window_is_tried_again_but_not_forever(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    def answer(_: predict_pb2.PredictRequest) -> dict[str, float]:
        raise Refusal(grpc.StatusCode.INTERNAL, "out of luck")

    model.answer = answer
    add(redis_client, window(0))
    with classifier(redis_url, model, tmp_path, TEARS_CLASSIFIER_DELIVERY_CAP="3"):
        (found,) = wait_for(redis_client, 1)
    assert found.tombstone is not None
    assert found.tombstone.reason is TombstoneReason.POISON
    assert len(model.requests) == 3


def test_a_new_version_with_another_shape_is_learned_while_windows_come(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    add(redis_client, window(0))
    with classifier(redis_url, model, tmp_path):
        wait_for(redis_client, 1)
        model.version, model.input_shape, model.labels = 2, (110_250,), ("crying", "cat")
        model.answer = lambda request: (
            {"crying": 0.9, "cat": 0.1}
            if len(request.inputs["waveform"].tensor_shape.dim) == 1
            else _refuse("wrong rank")
        )
        add(redis_client, window(1), window(2))
        found = wait_for(redis_client, 3)
    assert [one.model_version for one in found] == [1, 2, 2]
    assert dict(found[2].scores).keys() == {"crying", "cat"}


def test_when_a_replica_is_killed_another_finishes_each_window_once(
    redis_url: str, redis_client: redis.Redis, model: FakeModelServer, tmp_path: Path
) -> None:
    settings = {"TEARS_CLASSIFIER_CLAIM_IDLE_SECONDS": "0.5"}
    with (
        classifier(redis_url, model, tmp_path, TEARS_SLOT="0", **settings) as first,
        classifier(redis_url, model, tmp_path, TEARS_SLOT="1", **settings) as second,
    ):
        first.wait_until_ready()
        second.wait_until_ready()
        add(redis_client, *[window(index) for index in range(40)])
        wait_until(lambda: len(detections(redis_client)) >= 5, DEADLINE_SECONDS, describe="the first detections")
        first.kill()
        add(redis_client, *[window(index) for index in range(40, 80)])
        found = wait_for(redis_client, 80)
        wait_until(
            lambda: redis_client.xpending(WINDOWS_STREAM, CLASSIFIER_GROUP)["pending"] == 0,
            DEADLINE_SECONDS,
            describe="nothing pending",
        )
    assert [one.header.index for one in found] == list(range(80))


def _refuse(details: str) -> dict[str, float]:
    raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, details)
