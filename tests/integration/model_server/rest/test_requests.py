"""Requests to a REST server in this process: bodies, paths, errors and limits."""

import gzip
import http.client
import json
from concurrent.futures import ThreadPoolExecutor

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

from tears.model_server.errors import BusyError, DeadlineError, QueueFullError
from tears.model_server.metrics import DEFAULT_PATH, ServerMetrics
from tears.model_server.rest.gzip_body import MAX_BODY_BYTES, MAX_GZIP_MEMBERS


def test_a_prediction_is_json_and_does_not_name_the_server(held: HeldRestServer) -> None:
    answer = held.client.predict("cry", instances=[ROW])
    assert answer.json == {"predictions": [{"crying": 0.25, "noise": 0.75}]}
    assert answer.headers["Content-Type"] == "application/json"
    assert "Server" not in answer.headers


def test_a_connection_serves_one_request_after_another(held: HeldRestServer) -> None:
    connection = http.client.HTTPConnection("localhost", held.client.port, timeout=DEADLINE_SECONDS)
    body = json.dumps({"instances": [ROW]})
    for _ in range(3):
        connection.request("POST", PREDICT_PATH, body)
        answer = connection.getresponse()
        assert (answer.status, answer.will_close) == (200, False)
        answer.read()
    connection.close()


def test_a_body_may_come_packed_and_in_pieces(held: HeldRestServer) -> None:
    body = json.dumps({"instances": [ROW]}).encode()
    packed = held.client.ask("POST", PREDICT_PATH, gzip.compress(body), {"Content-Encoding": "gzip"})
    assert packed.json["predictions"] == [{"crying": 0.25, "noise": 0.75}]
    connection = http.client.HTTPConnection("localhost", held.client.port, timeout=DEADLINE_SECONDS)
    connection.request("POST", PREDICT_PATH, iter([body[:5], body[5:]]), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_body_may_be_packed_piece_by_piece_and_an_empty_one_need_not_be_packed(held: HeldRestServer) -> None:
    body = json.dumps({"instances": [ROW]}).encode()
    pieces = gzip.compress(body[:5]) + gzip.compress(body[5:])
    packed = {"Content-Encoding": "gzip"}
    assert held.client.ask("POST", PREDICT_PATH, pieces, packed).status == 200
    assert held.client.ask("GET", "/v1/models/cry", None, packed).status == 200
    many = gzip.compress(b" ") * MAX_GZIP_MEMBERS + gzip.compress(body)
    assert "more than 64 members" in held.client.ask("POST", PREDICT_PATH, many, packed).error
    assert "the body is not gzip" in held.client.ask("POST", PREDICT_PATH, gzip.compress(body) + b"junk", packed).error


def test_a_target_may_name_the_server_as_proxies_do(held: HeldRestServer) -> None:
    for path in ("/v1/models/cry", "/healthz"):
        assert held.client.get(f"http://localhost:{held.client.port}{path}").status == 200
    assert held.client.ask("POST", f"http://localhost{PREDICT_PATH}", {"instances": [ROW]}).status == 200


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"what is this", 400, "the body is not gzip: "),
        (gzip.compress(b"{}")[:-4], 400, "the body is not gzip: its end is missing"),
        (gzip.compress(bytes(MAX_BODY_BYTES + 1)), 413, "bytes when it is unpacked"),
    ],
    ids=["not gzip", "cut off", "too much"],
)
def test_a_body_that_is_not_gzip_or_unpacks_into_too_much_is_refused(
    held: HeldRestServer, body: bytes, status: int, says: str
) -> None:
    answer = held.client.ask("POST", PREDICT_PATH, body, {"Content-Encoding": "gzip"})
    assert answer.status == status
    assert says in answer.error


def test_a_body_that_is_too_large_is_refused_once_it_has_been_sent(held: HeldRestServer) -> None:
    answer = held.client.ask("POST", PREDICT_PATH, bytes(MAX_BODY_BYTES + 1))
    assert (answer.status, answer.error) == (413, f"a body may have {MAX_BODY_BYTES} bytes, and not more")
    assert held.client.ask("POST", PREDICT_PATH, b" " * MAX_BODY_BYTES).status == 400
    connection = http.client.HTTPConnection("localhost", held.client.port, timeout=DEADLINE_SECONDS)
    connection.request(
        "POST", PREDICT_PATH, (bytes(2**20) for _ in range(MAX_BODY_BYTES // 2**20 + 1)), encode_chunked=True
    )
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("what", ["predict", "classify", "regress"])
def test_a_body_that_would_take_too_much_memory_when_parsed_is_refused_unparsed(
    held: HeldRestServer, what: str
) -> None:
    key = b"instances" if what == "predict" else b"examples"
    body = b'{"' + key + b'":[' + b"{}," * 1_000_000 + b"{}]}"
    answer = held.client.ask("POST", f"/v1/models/cry:{what}", body)
    assert answer.status == 400
    assert "bytes of memory; send less at a time, or by gRPC" in answer.error


def test_a_client_that_asks_first_is_refused_before_it_sends_a_body_that_is_too_large(held: HeldRestServer) -> None:
    with held.connect() as client:
        head = f"POST {PREDICT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {10**12}\r\nExpect: 100-continue\r\n\r\n"
        client.sendall(head.encode())
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert (answer.status, answer.getheader("Connection")) == (413, "close")


def test_a_client_that_asks_first_gets_100_continue(held: HeldRestServer) -> None:
    body = json.dumps({"instances": [ROW]}).encode()
    with held.connect() as client:
        head = f"POST {PREDICT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n")
        client.sendall(body)
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK")


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
def test_bytes_that_are_not_http_are_refused_with_a_json_error(held: HeldRestServer, sent: bytes, status: int) -> None:
    with held.connect() as client:
        client.sendall(sent)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert (answer.status, answer.getheader("Connection")) == (status, "close")
        assert list(json.loads(answer.read())) == ["error"]


def test_probes_and_metrics_are_answered_while_every_thread_is_taken(held: HeldRestServer) -> None:
    held.servable.go.clear()
    with ThreadPoolExecutor(2 * THREADS) as pool:
        calls = [pool.submit(held.client.predict, "cry", instances=[ROW]) for _ in range(2 * THREADS)]
        wait_until(lambda: held.server._unanswered == 2 * THREADS)
        for path in ("/healthz", "/readyz", DEFAULT_PATH):
            assert held.client.get(path).status == 200
        held.servable.go.set()
        assert {call.result().status for call in calls} == {200}


def test_a_request_that_waits_too_long_is_504(start: StartRestServer) -> None:
    held = start(timeout_seconds=0.05)
    held.servable.go.clear()
    answer = held.client.predict("cry", instances=[ROW])
    assert (answer.status, answer.error) == (504, "the deadline passed")


def test_more_requests_than_both_protocols_share_are_429(start: StartRestServer) -> None:
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
def test_an_error_of_the_engine_has_its_status(
    held: HeldRestServer, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(FakeServable, "run", fail)
    answer = held.client.predict("cry", instances=[ROW])
    assert answer.status == status
    assert str(error) in answer.error


def test_a_defect_in_the_server_is_a_500_and_a_log_line(
    held: HeldRestServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("page")

    monkeypatch.setattr(ServerMetrics, "page", fail)
    answer = held.client.get(DEFAULT_PATH)
    assert (answer.status, answer.error) == (500, f"GET {DEFAULT_PATH} failed: 'page'")
    assert f"GET {DEFAULT_PATH} failed" in caplog.text


def test_pages_of_other_sites_are_allowed_only_by_a_flag(start: StartRestServer) -> None:
    closed, opened = start(), start(allows_other_origins=True)
    assert "Access-Control-Allow-Origin" not in closed.client.predict("cry", instances=[ROW]).headers
    assert closed.client.ask("OPTIONS", PREDICT_PATH).status == 400
    assert opened.client.predict("cry", instances=[ROW]).headers["Access-Control-Allow-Origin"] == "*"
    asked = opened.client.ask("OPTIONS", PREDICT_PATH, headers={"Origin": "http://x"})
    assert (asked.status, asked.headers["Access-Control-Allow-Methods"]) == (200, "POST, GET")
    assert opened.client.predict("dog", instances=[ROW]).headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_any_other_path_is_not_found_and_probes_are_only_read(start: StartRestServer) -> None:
    held = start(metrics_path=None)
    assert held.client.get("/").status == 404
    assert "the API is below /v1/models" in held.client.get(DEFAULT_PATH).error
    assert held.client.ask("POST", "/healthz", b"").status == 405
    assert held.client.ask("HEAD", "/healthz").status == 200
