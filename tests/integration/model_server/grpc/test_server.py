"""The gRPC server in this process, over a fake engine that a test can hold up."""

import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2
from integration.model_server.served import DEADLINE_SECONDS, Client, refusal, scores
from support.waiting import wait_until
from unit.model_server.fakes import FakeLoader, FakeServable

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.dataplane.admission import Admission
from tears.model_server.dataplane.data_plane import MAX_REQUESTS_IN_FLIGHT, DataPlane
from tears.model_server.errors import ListenError
from tears.model_server.grpc.server import Server
from tears.model_server.metrics import ServerMetrics
from tears.tfserving import tensors
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.predict_pb2 import PredictRequest

REQUEST = PredictRequest(
    model_spec={"name": "cry"}, inputs={"waveform": tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, 4], bytes(16))}
)


class HeldGrpcServer:
    """A server, its only servable, and a client."""

    def __init__(
        self, server: Server, admission: Admission, servable: FakeServable, port: int, channel: grpc.Channel
    ) -> None:
        self.server = server
        self.admission = admission
        self.servable = servable
        self.port = port
        self.client = Client(channel)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[HeldGrpcServer]:
    (tmp_path / "1").mkdir()
    loader = FakeLoader()
    model = Model("cry", tmp_path, loader)
    catalog = Catalog({"cry": model})
    data_plane = DataPlane(catalog, ServerMetrics())
    server = Server(data_plane)
    port = server.listen("localhost:0")
    catalog.poll()
    server.start()
    with grpc.insecure_channel(f"localhost:{port}") as channel:
        yield HeldGrpcServer(server, data_plane.admission, loader.loaded[0], port, channel)
    loader.loaded[0].go.set()
    server.drain(0.0)


def test_draining_answers_requests_in_flight_and_refuses_new_ones(held: HeldGrpcServer) -> None:
    held.servable.go.clear()
    answer = held.client.predict_rpc.future(REQUEST, timeout=DEADLINE_SECONDS)
    assert held.servable.entered.wait(DEADLINE_SECONDS)
    watched = held.client.health_rpc.Watch(health_pb2.HealthCheckRequest(service="cry"), timeout=DEADLINE_SECONDS)
    assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
    draining = threading.Thread(target=held.server.drain, args=[DEADLINE_SECONDS])
    draining.start()
    assert next(watched).status == health_pb2.HealthCheckResponse.NOT_SERVING

    def is_refused() -> bool:
        late = held.client.predict_rpc.future(REQUEST, timeout=0.05)
        return late.code() is grpc.StatusCode.UNAVAILABLE

    wait_until(is_refused)
    assert draining.is_alive()
    held.servable.go.set()
    assert scores(answer.result())["noise"] == [1.0]
    draining.join(DEADLINE_SECONDS)
    assert not draining.is_alive()


def test_requests_that_come_while_the_server_drains_are_unavailable_and_the_health_is_answered(
    held: HeldGrpcServer,
) -> None:
    held.server.refuse(0.0)
    for _ in range(3):
        assert refusal(lambda: held.client.predict_rpc(REQUEST, timeout=DEADLINE_SECONDS)) == (
            grpc.StatusCode.UNAVAILABLE,
            "the server is shutting down; try another one, or later",
        )
    assert refusal(lambda: held.client.states("cry"))[0] is grpc.StatusCode.UNAVAILABLE
    assert held.client.health("liveness") == "SERVING"
    assert held.client.health() == "NOT_SERVING"


def test_a_health_watcher_does_not_delay_draining(held: HeldGrpcServer) -> None:
    watched = held.client.health_rpc.Watch(health_pb2.HealthCheckRequest(), timeout=DEADLINE_SECONDS)
    next(watched)
    draining = threading.Thread(target=held.server.drain, args=[10 * DEADLINE_SECONDS])
    draining.start()
    draining.join(DEADLINE_SECONDS)
    assert not draining.is_alive()


def test_a_request_that_hangs_is_cut_off_after_the_grace(
    held: HeldGrpcServer, caplog: pytest.LogCaptureFixture
) -> None:
    held.servable.go.clear()
    answer = held.client.predict_rpc.future(REQUEST, timeout=DEADLINE_SECONDS)
    assert held.servable.entered.wait(DEADLINE_SECONDS)
    held.server.drain(0.05)
    assert answer.code() is not grpc.StatusCode.OK
    assert "they are cut off" in caplog.text


def test_health_is_answered_while_every_request_slot_is_taken(held: HeldGrpcServer) -> None:
    held.servable.go.clear()
    calls = [held.client.predict_rpc.future(REQUEST, timeout=DEADLINE_SECONDS) for _ in range(MAX_REQUESTS_IN_FLIGHT)]
    wait_until(lambda: held.admission._running == MAX_REQUESTS_IN_FLIGHT)
    with pytest.raises(grpc.RpcError) as refused:
        held.client.predict_rpc(REQUEST, timeout=DEADLINE_SECONDS)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert held.client.health("cry") == "SERVING"
    held.servable.go.set()
    assert all(scores(call.result())["noise"] == [1.0] for call in calls)


def test_a_request_without_a_deadline_waits_for_its_turn(held: HeldGrpcServer) -> None:
    held.servable.go.clear()
    answer = held.client.predict_rpc.future(REQUEST)
    assert held.servable.entered.wait(DEADLINE_SECONDS)
    held.servable.go.set()
    assert scores(answer.result())["noise"] == [1.0]


def test_a_request_whose_deadline_passes_in_the_queue_is_given_up(held: HeldGrpcServer) -> None:
    held.servable.go.clear()
    with pytest.raises(grpc.RpcError) as late:
        held.client.predict_rpc(REQUEST, timeout=0.05)
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    wait_until(lambda: held.admission._running == 0, DEADLINE_SECONDS)


def test_a_defect_in_the_engine_fails_one_request_with_a_code_and_a_log_line(
    held: HeldGrpcServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("crying")

    monkeypatch.setattr(FakeServable, "run", fail)
    with pytest.raises(grpc.RpcError) as failed:
        held.client.predict_rpc(REQUEST, timeout=DEADLINE_SECONDS)
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert "Predict failed" in caplog.text
    monkeypatch.undo()
    assert scores(held.client.predict_rpc(REQUEST, timeout=DEADLINE_SECONDS))["noise"] == [1.0]


def test_a_port_is_never_shared(held: HeldGrpcServer, tmp_path: Path) -> None:
    second = Server(DataPlane(Catalog({"cry": Model("cry", tmp_path, FakeLoader())}), ServerMetrics()))
    with pytest.raises(ListenError, match=f"cannot listen on localhost:{held.port}"):
        second.listen(f"localhost:{held.port}")
