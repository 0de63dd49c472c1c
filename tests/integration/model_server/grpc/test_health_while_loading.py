"""Health, and the requests that come while models load or the server drains."""

import threading

import grpc
import pytest
from grpc_health.v1 import health_pb2
from integration.model_server.grpc.bare_server import REQUEST, BareServer
from integration.model_server.served import DEADLINE_SECONDS, scores
from support.waiting import wait_until

from tears.tfserving.methods import (
    GET_MODEL_METADATA,
)
from tears.tfserving.v1 import metadata_pb2


def test_health_reports_liveness_readiness_and_each_model(bare: BareServer) -> None:
    def statuses() -> dict[str, str]:
        reply = bare.client.health_rpc.List(health_pb2.HealthListRequest(), timeout=DEADLINE_SECONDS)
        name_of = health_pb2.HealthCheckResponse.ServingStatus.Name
        return {name: name_of(one.status) for name, one in reply.statuses.items()}

    services = dict.fromkeys(["tensorflow.serving.ModelService", "ModelService", "liveness"], "SERVING")
    ready = dict.fromkeys(["", "readiness", "tensorflow.serving.PredictionService", "PredictionService"], "SERVING")
    assert statuses() == {**services, **ready, "cry": "SERVING"}
    (bare.folder / "dog" / "1").mkdir(parents=True)
    bare.reload("dog")
    assert statuses() == {**services, **ready, "dog": "SERVING"}
    with pytest.raises(grpc.RpcError) as refused:
        bare.client.health("cry")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    bare.reload()
    assert statuses() == {**services, **dict.fromkeys(ready, "NOT_SERVING")}


def test_a_server_that_drains_is_alive_but_not_ready(bare: BareServer) -> None:
    bare.loader.loaded[0].go.clear()
    answer = bare.client.predict_rpc.future(REQUEST, timeout=DEADLINE_SECONDS)
    assert bare.loader.loaded[0].entered.wait(DEADLINE_SECONDS)
    alive, ready = (
        bare.client.health_rpc.Watch(health_pb2.HealthCheckRequest(service=name), timeout=DEADLINE_SECONDS)
        for name in ("liveness", "readiness")
    )
    serving = health_pb2.HealthCheckResponse.SERVING
    assert next(alive).status == next(ready).status == serving
    draining = threading.Thread(target=bare.server.drain, args=[DEADLINE_SECONDS])
    draining.start()
    assert next(ready).status == health_pb2.HealthCheckResponse.NOT_SERVING
    bare.loader.loaded[0].go.set()
    assert answer.result()
    with pytest.raises(grpc.RpcError):
        next(alive)  # no message comes before the end
    draining.join(DEADLINE_SECONDS)


def test_a_loading_server_is_alive_and_makes_requests_wait_for_its_models(loading: BareServer) -> None:
    assert (loading.client.health("liveness"), loading.client.health("readiness")) == ("SERVING", "NOT_SERVING")
    prediction = loading.client.predict_rpc.future(REQUEST, timeout=DEADLINE_SECONDS)
    question = metadata_pb2.GetModelMetadataRequest(model_spec={"name": "cry"}, metadata_field=["signature_def"])
    metadata = GET_MODEL_METADATA.on(loading.channel).future(question, timeout=DEADLINE_SECONDS)
    wait_until(lambda: loading.data_plane.admission._running == 2, DEADLINE_SECONDS)
    with pytest.raises(grpc.RpcError, match="Could not find any versions of model cry"):
        loading.client.states("cry")
    loading.reload("cry")
    assert loading.client.states("cry") == {1: "AVAILABLE"}
    assert not prediction.done()
    loading.server.admit()
    assert scores(prediction.result())["noise"] == [1.0]
    assert metadata.result().model_spec.version.value == 1


def test_a_request_whose_deadline_passes_while_models_load_gets_deadline_exceeded(loading: BareServer) -> None:
    with pytest.raises(grpc.RpcError) as late:
        loading.client.predict_rpc(REQUEST, timeout=0.05)
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_server_that_ends_while_loading_refuses_the_waiting_requests(loading: BareServer) -> None:
    waiting = [loading.client.predict_rpc.future(REQUEST) for _ in range(2)]
    wait_until(lambda: loading.data_plane.admission._running == 2, DEADLINE_SECONDS)
    loading.server.drain(DEADLINE_SECONDS)
    assert {answer.code() for answer in waiting} == {grpc.StatusCode.UNAVAILABLE}
