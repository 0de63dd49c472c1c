"""Visitors who keep the server waiting, over real sockets: they keep nobody out."""

import contextlib
import itertools
import socket
import time

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from support.journal.raw_connections import answer_of, connected
from support.journal.served_pages import ServedPages
from support.waiting import wait_until

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web import app, server
from tears.journal.web.access.routes import routes as access_routes
from tears.journal.web.front.connections import bounded_connections
from tears.journal.web.guards import require
from tears.kit.clock import SystemClock

PARTS = JournalParts(settings=JournalSettings(port=0, page_listen="loopback"), clock=SystemClock())
FORM = "application/x-www-form-urlencoded"


@require(Role.NOBODY)
def endless(_request: Request) -> Response:
    return StreamingResponse(itertools.repeat(b"x" * 65_536))


def example_routes(_parts: JournalParts) -> list[BaseRoute]:
    return [Route("/endless", endless)]


@pytest.fixture(autouse=True)
def example_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_ROUTES", (access_routes, example_routes))


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_request_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(server, "bounded_connections", lambda refused: bounded_connections(refused, most_seconds=0.3))
    with ServedPages(PARTS) as pages, connected(pages) as connection:
        connection.sendall(begun)
        began_at = time.monotonic()
        with contextlib.suppress(ConnectionError):
            # A letter at a time, which keeps other servers waiting.
            while time.monotonic() - began_at < 60.0 and not answered(connection):
                connection.sendall(b"x" if begun else b"")
        assert time.monotonic() - began_at < 60.0
        assert pages.access.metrics.refused_connections.labels("slow")._value.get() == 1


def test_the_rest_of_a_form_that_is_answered_early_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "bounded_connections", lambda refused: bounded_connections(refused, most_seconds=0.3))
    head = f"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000000000\r\n\r\n"
    with ServedPages(PARTS) as pages, connected(pages) as connection:
        connection.sendall(head.encode())
        assert b"413" in connection.recv(65_536).partition(b"\r\n")[0]
        began_at = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began_at < 60.0 and not answered(connection):
                connection.sendall(b"x")
        assert time.monotonic() - began_at < 60.0


def answered(connection: socket.socket) -> bool:
    """Return whether the server has closed the connection, after a short wait."""
    connection.settimeout(0.05)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False


def test_many_idle_connections_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "bounded_connections", lambda refused: bounded_connections(refused, most=5))
    with ServedPages(PARTS) as pages, contextlib.ExitStack() as opened:
        idle = [opened.enter_context(connected(pages)) for _ in range(20)]
        assert pages.get("/static/style.css").status == 200
        many = pages.access.metrics.refused_connections.labels("many")
        wait_until(lambda: many._value.get() >= 15, describe="the idle connections to be closed")
        # The first ones had to go.
        assert answer_of(idle[0]) == b""


@pytest.mark.parametrize(
    "begun",
    [
        # A form whose rest does not come.
        f"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n\r\ncsrf=",
        # Answers that nobody takes.
        "GET /endless HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_visitors_who_keep_the_server_waiting_keep_nobody_out(monkeypatch: pytest.MonkeyPatch, begun: str) -> None:
    monkeypatch.setattr(server, "bounded_connections", lambda refused: bounded_connections(refused, most=5))
    with ServedPages(PARTS) as pages, contextlib.ExitStack() as opened:
        for _ in range(10):
            opened.enter_context(connected(pages)).sendall(begun.encode())
            wait_until(lambda: is_served(pages), describe="one of them to make room")


def is_served(pages: ServedPages) -> bool:
    try:
        return pages.get("/static/style.css").status == 200
    except ConnectionError:
        return False
