"""The REST server in this process, over a back end that can be held up, and clients that are no good."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from integration.model_server.rest_client import DEADLINE_SECONDS, RestClient
from support.waiting import wait_until
from unit.model_server.fakes import FakeLoader, FakeServable

from tears.kit.clock import SystemClock
from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.dataplane.admission import Admission
from tears.model_server.dataplane.engine_metrics import CountedLoader
from tears.model_server.errors import BusyError, DeadlineError, ListenError, QueueFullError
from tears.model_server.metrics import DEFAULT_PATH, ServerMetrics
from tears.model_server.rest import http_server
from tears.model_server.rest.api import Api
from tears.model_server.rest.application import MAX_BODY_BYTES, MAX_MEMBERS, Front
from tears.model_server.rest.http_server import MAX_BODIES_BYTES, REQUEST_SECONDS, RestServer
from tears.model_server.rest.probes import Probes

THREADS = 4
ROW = [0.25] * 4
PREDICT = "/v1/models/cry:predict"


@dataclass
class Held:
    """A server, its only servable, and a client."""

    server: RestServer
    servable: FakeServable
    client: RestClient


Start = Callable[..., Held]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers, and ends them."""
    started: list[Held] = []
    (tmp_path / "1").mkdir()

    def start(*, timeout_seconds: float = DEADLINE_SECONDS, limit: int = 64, **options: Any) -> Held:
        metrics, loader = ServerMetrics(), FakeLoader()
        catalog = Catalog({"cry": Model("cry", tmp_path, CountedLoader("cry", loader, metrics))})
        probes = Probes(catalog, SystemClock(), interval_seconds=1.0)
        api = Api(catalog, Admission(limit), metrics, timeout_seconds=timeout_seconds)
        front = Front(
            api, metrics, **{"alive": probes.alive, "ready": probes.ready, "metrics_path": DEFAULT_PATH, **options}
        )
        server = RestServer(front, 0, threads=THREADS)
        client = RestClient(server.listen())
        server.start()
        assert client.get(PREDICT).status == 503
        catalog.poll()
        server.admit()
        started.append(Held(server, loader.loaded[0], client))
        return started[-1]

    yield start
    for held in started:
        held.servable.go.set()
        held.server.close(DEADLINE_SECONDS)


@pytest.fixture
def held(start: Start) -> Held:
    return start()


def connect(held: Held) -> socket.socket:
    return socket.create_connection(("localhost", held.client.port), timeout=DEADLINE_SECONDS)


def test_a_prediction_says_how_it_is_written(held: Held) -> None:
    answer = held.client.predict("cry", instances=[ROW])
    assert answer.json == {"predictions": [{"crying": 0.25, "noise": 0.75}]}
    assert answer.headers["Content-Type"] == "application/json"
    assert "Server" not in answer.headers


def test_a_connection_serves_one_request_after_another(held: Held) -> None:
    connection = http.client.HTTPConnection("localhost", held.client.port, timeout=DEADLINE_SECONDS)
    body = json.dumps({"instances": [ROW]})
    for _ in range(3):
        connection.request("POST", PREDICT, body)
        answer = connection.getresponse()
        assert (answer.status, answer.will_close) == (200, False)
        answer.read()
    connection.close()


def test_a_body_may_come_packed_and_in_pieces(held: Held) -> None:
    body = json.dumps({"instances": [ROW]}).encode()
    packed = held.client.ask("POST", PREDICT, gzip.compress(body), {"Content-Encoding": "gzip"})
    assert packed.json["predictions"] == [{"crying": 0.25, "noise": 0.75}]
    connection = http.client.HTTPConnection("localhost", held.client.port, timeout=DEADLINE_SECONDS)
    connection.request("POST", PREDICT, iter([body[:5], body[5:]]), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_body_may_be_packed_piece_by_piece_and_nothing_need_not_be_packed(held: Held) -> None:
    body = json.dumps({"instances": [ROW]}).encode()
    pieces = gzip.compress(body[:5]) + gzip.compress(body[5:])
    packed = {"Content-Encoding": "gzip"}
    assert held.client.ask("POST", PREDICT, pieces, packed).status == 200
    assert held.client.ask("GET", "/v1/models/cry", None, packed).status == 200
    many = gzip.compress(b" ") * MAX_MEMBERS + gzip.compress(body)
    assert "more than 64 members" in held.client.ask("POST", PREDICT, many, packed).error
    assert "the body is no gzip" in held.client.ask("POST", PREDICT, gzip.compress(body) + b"junk", packed).error


def test_a_target_may_name_the_server_as_proxies_are_told(held: Held) -> None:
    for path in ("/v1/models/cry", "/healthz"):
        assert held.client.get(f"http://localhost:{held.client.port}{path}").status == 200
    assert held.client.ask("POST", f"http://localhost{PREDICT}", {"instances": [ROW]}).status == 200


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"what is this", 400, "the body is no gzip: "),
        (gzip.compress(b"{}")[:-4], 400, "the body is no gzip: its end is missing"),
        (gzip.compress(bytes(MAX_BODY_BYTES + 1)), 413, "bytes when it is unpacked"),
    ],
    ids=["no gzip", "cut off", "too much"],
)
def test_what_is_packed_wrongly_or_into_too_much_is_refused(held: Held, body: bytes, status: int, says: str) -> None:
    answer = held.client.ask("POST", PREDICT, body, {"Content-Encoding": "gzip"})
    assert answer.status == status
    assert says in answer.error


def test_a_body_that_is_too_large_is_refused_once_it_has_been_sent(held: Held) -> None:
    answer = held.client.ask("POST", PREDICT, bytes(MAX_BODY_BYTES + 1))
    assert (answer.status, answer.error) == (413, f"a body may have {MAX_BODY_BYTES} bytes, and not more")
    assert held.client.ask("POST", PREDICT, b" " * MAX_BODY_BYTES).status == 400
    connection = http.client.HTTPConnection("localhost", held.client.port, timeout=DEADLINE_SECONDS)
    connection.request("POST", PREDICT, (bytes(2**20) for _ in range(MAX_BODY_BYTES // 2**20 + 1)), encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("what", ["predict", "classify", "regress"])
def test_a_body_that_would_grow_when_it_is_parsed_is_refused_before(held: Held, what: str) -> None:
    key = b"instances" if what == "predict" else b"examples"
    body = b'{"' + key + b'":[' + b"{}," * 1_000_000 + b"{}]}"
    answer = held.client.ask("POST", f"/v1/models/cry:{what}", body)
    assert answer.status == 400
    assert "bytes of memory; send less at a time, or by gRPC" in answer.error


def test_who_asks_first_is_told_at_once_that_a_body_is_too_large(held: Held) -> None:
    with connect(held) as client:
        head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {10**12}\r\nExpect: 100-continue\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_bodies_together_are_bounded_too(held: Held) -> None:
    waiting = [connect(held) for _ in range(MAX_BODIES_BYTES // MAX_BODY_BYTES)]
    for client in waiting:
        head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY_BYTES}\r\n\r\n"
        client.sendall(head.encode() + bytes(MAX_BODY_BYTES - 1))
    wait_until(lambda: held.server._server.intake._kept_bytes >= MAX_BODIES_BYTES - 2)  # type: ignore[union-attr]  # it runs
    answer = held.client.ask("POST", PREDICT, bytes(1000))
    assert (answer.status, answer.error) == (429, "too many large requests are being received; try again")
    for client in waiting:
        client.close()
    wait_until(lambda: held.client.predict("cry", instances=[ROW]).status == 200)
    wait_until(lambda: not held.server._server.intake._kept_bytes)  # type: ignore[union-attr]  # it runs


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"what is this\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/models/cry:predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST /v1/models/cry:predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: br\r\n\r\n", 501),
        (b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_no_http_is_refused_as_json(held: Held, sent: bytes, status: int) -> None:
    with connect(held) as client:
        client.sendall(sent)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.status == status
        assert list(json.loads(answer.read())) == ["error"]


def test_slow_clients_hold_no_thread(held: Held) -> None:
    slow = [connect(held) for _ in range(5 * THREADS)]
    for client in slow:
        client.sendall(f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode())
        client.sendall(b"{")
    assert held.client.predict("cry", instances=[ROW]).status == 200
    for client in slow:
        client.close()


def test_a_request_that_does_not_come_whole_in_time_is_cut_off_and_so_is_silence(held: Held) -> None:
    server: Any = held.server._server

    def channels(*, have_begun: bool) -> list[Any]:
        return [channel for channel in list(server.active_channels.values()) if bool(channel.request) == have_begun]

    def pass_time(*, have_begun: bool) -> bool:
        """Makes connections old, and has the server look; whether they are gone."""
        for channel in channels(have_begun=have_begun):
            channel._began_seconds = min(channel._began_seconds, 1.0)
            channel.last_activity -= 0 if have_begun else 2 * REQUEST_SECONDS
        server.next_channel_cleanup = 0
        server.pull_trigger()
        return not channels(have_begun=have_begun)

    with connect(held) as dripping, connect(held) as idle:
        dripping.sendall(f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        wait_until(lambda: channels(have_begun=True) and channels(have_begun=False))
        wait_until(lambda: pass_time(have_begun=True))
        assert dripping.recv(1) == b""
        assert channels(have_begun=False)
        wait_until(lambda: pass_time(have_begun=False))
        assert idle.recv(1) == b""


def test_a_client_that_does_not_read_holds_no_thread(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = np.array([b"x" * 2**24], object)  # more than any socket's buffer holds
    monkeypatch.setattr(FakeServable, "run", lambda *_, **__: {"crying": reply})
    deaf = [connect(held) for _ in range(THREADS + 1)]
    body = json.dumps({"instances": [ROW]}).encode()
    for client in deaf:
        head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        client.sendall(2 * (head + body))  # the second has to wait for the first's reply, but not in a thread
    server: Any = held.server._server
    wait_until(lambda: len(server.active_channels) == len(deaf) and server.has_unsent())
    monkeypatch.undo()
    assert held.client.predict("cry", instances=[ROW]).status == 200
    for client in deaf:
        client.close()


def test_probes_and_metrics_are_answered_while_every_thread_is_taken(held: Held) -> None:
    held.servable.go.clear()
    with ThreadPoolExecutor(2 * THREADS) as pool:
        calls = [pool.submit(held.client.predict, "cry", instances=[ROW]) for _ in range(2 * THREADS)]
        wait_until(lambda: held.server._front._running == THREADS)
        for path in ("/healthz", "/readyz", DEFAULT_PATH):
            assert held.client.get(path).status == 200
        held.servable.go.set()
        assert {call.result().status for call in calls} == {200}


def test_a_request_that_waits_too_long_is_504(start: Start) -> None:
    held = start(timeout_seconds=0.05)
    held.servable.go.clear()
    answer = held.client.predict("cry", instances=[ROW])
    assert (answer.status, answer.error) == (504, "the deadline passed")


def test_more_requests_than_both_protocols_share_are_429(start: Start) -> None:
    held = start(limit=1)
    held.servable.go.clear()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(held.client.predict, "cry", instances=[ROW])
        assert held.servable.entered.wait(DEADLINE_SECONDS)
        answer = held.client.predict("cry", instances=[ROW])
        assert answer.status == 429
        assert "requests are in flight" in answer.error
        held.servable.go.set()
        assert call.result().status == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [(QueueFullError("full"), 503), (BusyError("busy"), 429), (DeadlineError("late"), 504), (KeyError("crying"), 500)],
)
def test_an_error_of_the_back_end_has_its_status(
    held: Held, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(FakeServable, "run", fail)
    answer = held.client.predict("cry", instances=[ROW])
    assert answer.status == status
    assert str(error) in answer.error


def test_pages_of_other_sites_are_allowed_by_a_flag_only(start: Start) -> None:
    closed, opened = start(), start(allows_other_origins=True)
    assert "Access-Control-Allow-Origin" not in closed.client.predict("cry", instances=[ROW]).headers
    assert closed.client.ask("OPTIONS", PREDICT).status == 400
    assert opened.client.predict("cry", instances=[ROW]).headers["Access-Control-Allow-Origin"] == "*"
    asked = opened.client.ask("OPTIONS", PREDICT, headers={"Origin": "http://x"})
    assert (asked.status, asked.headers["Access-Control-Allow-Methods"]) == (200, "POST, GET")
    assert opened.client.predict("dog", instances=[ROW]).headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_any_other_path_is_not_found_and_probes_are_only_read(start: Start) -> None:
    held = start(metrics_path=None)
    assert held.client.get("/").status == 404
    assert "the API is below /v1/models" in held.client.get(DEFAULT_PATH).error
    assert held.client.ask("POST", "/healthz", b"").status == 405
    assert held.client.ask("HEAD", "/healthz").status == 200


def test_draining_answers_what_is_in_flight_refuses_what_comes_and_says_so(held: Held) -> None:
    held.servable.go.clear()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(held.client.predict, "cry", instances=[ROW])
        assert held.servable.entered.wait(DEADLINE_SECONDS)
        held.server.refuse()
        late = held.client.predict("cry", instances=[ROW])
        assert (late.status, late.error) == (503, "the server is shutting down; try again later")
        ready = held.client.get("/readyz")
        assert (ready.status, ready.text) == (503, "the server is shutting down\n")
        assert held.client.get("/healthz").status == 200
        closing = threading.Thread(target=held.server.close, args=[DEADLINE_SECONDS])
        closing.start()
        held.servable.go.set()
        assert call.result().status == 200
        closing.join(DEADLINE_SECONDS)
    with pytest.raises(ConnectionRefusedError):
        held.client.get("/healthz")


def test_a_request_that_hangs_is_cut_off_after_the_grace(held: Held, caplog: pytest.LogCaptureFixture) -> None:
    held.servable.go.clear()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(held.client.predict, "cry", instances=[ROW])
        assert held.servable.entered.wait(DEADLINE_SECONDS)
        held.server.close(0.05)
        assert isinstance(call.exception(), OSError | http.client.HTTPException)
    assert "they are cut off" in caplog.text


def test_a_port_that_is_taken_is_told(held: Held) -> None:
    second = RestServer(held.server._front, held.client.port, threads=1)
    with pytest.raises(
        ListenError, match=f"cannot listen on port {held.client.port} for the REST API: Address already"
    ):
        second.listen()
    second.close(0.0)


def test_connections_beyond_the_bound_wait_until_others_have_gone(
    monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 6)  # with the listening socket and waitress' own
    held = start()
    busy = [connect(held) for _ in range(6)]
    for client in busy:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a")  # and no more
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(held.client.get, "/healthz")
        wait_until(lambda: held.server._server.in_connection_overflow)  # type: ignore[union-attr]  # it runs
        assert not call.done()
        for client in busy:
            client.close()
        assert call.result().status == 200


def test_a_connection_that_is_idle_makes_room_for_another(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 6)
    monkeypatch.setattr(http_server, "IDLE_SECONDS", 0.5)
    held = start()
    idle = [connect(held) for _ in range(6)]
    assert held.client.get("/healthz").status == 200
    assert idle[0].recv(1) == b""
    for client in idle:
        client.close()
