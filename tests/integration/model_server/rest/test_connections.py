"""Connections to a REST server in this process: slow clients, bounds, and the end."""

import contextlib
import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from integration.model_server.rest.held_server import (
    PREDICT_PATH,
    ROW,
    THREADS,
    HeldRestServer,
    StartRestServer,
)
from integration.model_server.rest.rest_client import DEADLINE_SECONDS
from support.waiting import wait_until
from unit.model_server.fakes import FakeServable

from tears.kit.health import ProbeVerdict
from tears.model_server.errors import ListenError
from tears.model_server.metrics import DEFAULT_PATH
from tears.model_server.rest import http_connection, http_server
from tears.model_server.rest.gzip_body import MAX_BODY_BYTES
from tears.model_server.rest.http_server import MAX_BODIES_BYTES, RestServer

LARGE_REPLY = np.array([b"x" * 2**24], object)  # more than any socket's buffer holds
BUSY_SECONDS = 60.0  # until a busy machine has written several of them as JSON
ASKED_IN_SECONDS = 2.0  # a busy machine may need more than a moment to send a request


def test_bodies_together_are_bounded_too(held: HeldRestServer) -> None:
    waiting = [held.connect() for _ in range(MAX_BODIES_BYTES // MAX_BODY_BYTES)]
    for client in waiting:
        head = f"POST {PREDICT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY_BYTES}\r\n\r\n"
        client.sendall(head.encode() + bytes(MAX_BODY_BYTES - 1))
    wait_until(lambda: held.server._budget.kept_bytes >= MAX_BODIES_BYTES - 2)
    answer = held.client.ask("POST", PREDICT_PATH, bytes(1000))
    assert (answer.status, answer.error) == (429, "too many large requests are being received; try again")
    for client in waiting:
        client.close()
    wait_until(lambda: held.client.predict("cry", instances=[ROW]).status == 200)
    wait_until(lambda: not held.server._budget.kept_bytes)


def test_slow_clients_occupy_no_thread(held: HeldRestServer) -> None:
    slow = [held.connect() for _ in range(5 * THREADS)]
    for client in slow:
        client.sendall(f"POST {PREDICT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode())
        client.sendall(b"{")
    assert held.client.predict("cry", instances=[ROW]).status == 200
    for client in slow:
        client.close()


def test_a_request_that_does_not_arrive_as_a_whole_in_time_is_cut_off(
    held: HeldRestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "REQUEST_SECONDS", 0.2)
    with held.connect() as client:
        client.sendall(f"POST {PREDICT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert client.recv(1) == b""


def test_a_connection_on_which_nothing_happens_is_closed(held: HeldRestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "REQUEST_SECONDS", ASKED_IN_SECONDS)
    with held.connect() as never_used, held.connect() as used:
        used.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert used.recv(1000).startswith(b"HTTP/1.1 200 OK")
        assert used.recv(1) == never_used.recv(1) == b""


def test_a_client_that_does_not_read_its_reply_is_cut_off(
    held: HeldRestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "REQUEST_SECONDS", ASKED_IN_SECONDS)
    monkeypatch.setattr(FakeServable, "run", lambda *_, **__: {"crying": LARGE_REPLY})
    body = json.dumps({"instances": [ROW]}).encode()
    with held.connect() as client:
        head = f"POST {PREDICT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        wait_until(lambda: any(each.has_unsent for each in held.server._connections.values()))
        wait_until(lambda: not held.server._connections)


def test_a_client_that_does_not_read_occupies_no_thread(held: HeldRestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeServable, "run", lambda *_, **__: {"crying": LARGE_REPLY})
    deaf = [held.connect() for _ in range(THREADS + 1)]
    body = json.dumps({"instances": [ROW]}).encode()
    for client in deaf:
        head = f"POST {PREDICT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        client.sendall(2 * (head + body))  # the second waits for the reply to the first, but not in a thread
    connections = held.server._connections
    wait_until(lambda: sum(each.has_unsent for each in connections.values()) == len(deaf), BUSY_SECONDS)
    monkeypatch.undo()
    assert held.client.predict("cry", instances=[ROW]).status == 200
    for client in deaf:
        client.close()


def test_draining_answers_requests_in_flight_refuses_new_ones_and_is_not_ready(held: HeldRestServer) -> None:
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


def test_a_request_that_hangs_is_cut_off_after_the_grace(
    held: HeldRestServer, caplog: pytest.LogCaptureFixture
) -> None:
    held.servable.go.clear()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(held.client.predict, "cry", instances=[ROW])
        assert held.servable.entered.wait(DEADLINE_SECONDS)
        held.server.close(0.05)
        assert isinstance(call.exception(), OSError | http.client.HTTPException)
    assert "they are cut off" in caplog.text


def test_a_port_that_is_taken_is_an_error(held: HeldRestServer) -> None:
    second = RestServer(held.server._application, held.client.port, threads=1)
    with pytest.raises(
        ListenError, match=f"cannot listen on port {held.client.port} for the REST API: Address already"
    ):
        second.listen()
    second.close(0.0)


@pytest.mark.parametrize(
    "sent", [b"", b"GET /healthz HTTP/1.1\r\nHost: a", b"POST /v1/models/cry:predict HTTP/1.1\r\n"]
)
def test_many_slow_connections_do_not_shut_out_the_probes_and_the_metrics(
    monkeypatch: pytest.MonkeyPatch, start: StartRestServer, sent: bytes
) -> None:
    monkeypatch.setattr(http_server, "MIN_IDLE_SECONDS", DEADLINE_SECONDS)
    held = start()
    slow = [held.connect() for _ in range(http_server.MAX_CONNECTIONS + 2 * http_server.MAX_EXTRA_CONNECTIONS)]
    for client in slow:
        with contextlib.suppress(OSError):  # one above the bound may be closed already
            client.sendall(sent)
    for path in ("/healthz", "/readyz", DEFAULT_PATH):
        assert held.client.get(path).status == 200
    for client in slow:
        client.close()
    assert held.client.predict("cry", instances=[ROW]).status == 200


def test_a_request_that_arrives_slowly_makes_room_for_others(
    monkeypatch: pytest.MonkeyPatch, start: StartRestServer
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 4)
    monkeypatch.setattr(http_server, "MIN_ARRIVING_SECONDS", 0.5)
    held = start()
    slow = [held.connect() for _ in range(4)]
    for client in slow:
        client.sendall(b"POST /v1/models/cry:predict HTTP/1.1\r\nHost: a")
    assert held.client.predict("cry", instances=[ROW]).status == 200
    for client in slow:
        client.close()


def test_connections_above_the_bound_wait_until_others_have_gone(
    monkeypatch: pytest.MonkeyPatch, start: StartRestServer
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 4)
    held = start()
    busy = [held.connect() for _ in range(4)]
    for client in busy:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a")  # and nothing more
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(held.client.predict, "cry", instances=[ROW])
        wait_until(lambda: held.server._unanswered == 1)
        assert len(held.server._connections) == len(busy)
        assert not call.done()
        for client in busy:
            client.close()
        assert call.result().status == 200


def test_a_connection_that_is_idle_makes_room_for_another(
    monkeypatch: pytest.MonkeyPatch, start: StartRestServer
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 4)
    monkeypatch.setattr(http_server, "MIN_IDLE_SECONDS", 0.5)
    held = start()
    idle = [held.connect() for _ in range(4)]
    assert held.client.predict("cry", instances=[ROW]).status == 200
    assert idle[0].recv(1) == b""
    for client in idle:
        client.close()


def sent_rows(count: int, held: HeldRestServer) -> list[socket.socket]:
    """Send as many whole requests, each on a connection of its own."""
    body = json.dumps({"instances": [ROW]}).encode()
    clients = [held.connect() for _ in range(count)]
    for client in clients:
        client.sendall(
            f"POST {PREDICT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
    return clients


def test_requests_that_wait_are_answered_in_the_end_and_do_not_shut_out_the_probes(
    monkeypatch: pytest.MonkeyPatch, start: StartRestServer
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 4)
    monkeypatch.setattr(http_server, "MAX_EXTRA_CONNECTIONS", 4)
    held = start()
    held.servable.go.clear()
    clients = sent_rows(4 + 3 * 4, held)
    for path in ("/healthz", "/readyz", DEFAULT_PATH):
        assert held.client.get(path).status == 200
    wait_until(lambda: held.server._unanswered == len(clients))
    held.servable.go.set()
    for client in clients:
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")
        client.close()


def test_requests_above_the_bound_of_those_that_wait_are_refused(
    monkeypatch: pytest.MonkeyPatch, start: StartRestServer
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 4)
    monkeypatch.setattr(http_server, "MAX_WAITING_CONNECTIONS", 3)
    held = start()
    held.servable.go.clear()
    clients = sent_rows(4 + 3, held)
    wait_until(lambda: held.server._unanswered == len(clients))
    refused = held.client.predict("cry", instances=[ROW])
    assert (refused.status, refused.error) == (503, "too many requests are waiting; try again")
    assert held.client.get("/healthz").status == 200
    held.servable.go.set()
    for client in clients:
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")
        client.close()


def test_clients_that_do_not_read_what_the_probes_reply_do_not_shut_them_out(
    monkeypatch: pytest.MonkeyPatch, start: StartRestServer
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 1)
    monkeypatch.setattr(http_server, "MAX_EXTRA_CONNECTIONS", 2)
    monkeypatch.setattr(http_server, "MIN_IDLE_SECONDS", DEADLINE_SECONDS)
    held = start(ready=lambda: ProbeVerdict(good=False, reason="x" * 2**24))
    clients = [held.connect() for _ in range(3)]
    for client in clients:
        client.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
    wait_until(lambda: any(each.has_unsent for each in held.server._extra.values()))
    assert held.client.get("/healthz").status == 200
    for client in clients:
        client.close()
