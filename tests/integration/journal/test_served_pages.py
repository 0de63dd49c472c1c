"""The pages over real HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from support.journal.served_pages import ServedPages

from tears.journal.access.role import Role
from tears.journal.errors import JournalError
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web import app
from tears.journal.web.guards import require
from tears.journal.web.server import PageServer
from tears.kit.clock import SystemClock

PARTS = JournalParts(settings=JournalSettings(port=0), clock=SystemClock())


def test_files_of_the_pages_are_served() -> None:
    with ServedPages(PARTS) as pages:
        reply = pages.get("/static/style.css")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/css; charset=utf-8")


def test_an_endpoint_that_does_not_say_who_may_use_it_keeps_the_app_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def open_to_all(_request: Request) -> Response:
        return Response()

    monkeypatch.setattr(app, "_ROUTES", (lambda _parts: [Route("/open", open_to_all)],))
    with pytest.raises(TypeError, match="/open does not say who may use it"):
        ServedPages(PARTS)


def test_no_page_is_served_without_a_login() -> None:
    with pytest.raises(TypeError, match="open to everybody"):
        app.make_app(PARTS)


def test_a_phone_reaches_the_pages_unless_they_are_for_this_machine_only() -> None:
    with ServedPages(PARTS) as pages:
        assert _answers("127.0.0.2", pages.port)
    with ServedPages(
        JournalParts(settings=JournalSettings(port=0, page_listen="loopback"), clock=SystemClock())
    ) as own:
        assert _answers("127.0.0.1", own.port)
        assert not _answers("127.0.0.2", own.port)


def test_what_has_no_end_does_not_hold_up_the_stop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def forever() -> AsyncIterator[bytes]:
        while True:
            yield b"."
            await asyncio.sleep(0.05)

    @require(Role.NOBODY)
    def endless(_request: Request) -> Response:
        return StreamingResponse(forever())

    monkeypatch.setattr(app, "_ROUTES", (lambda _parts: [Route("/endless", endless)],))
    with ServedPages(PARTS) as pages, socket.create_connection(("127.0.0.1", pages.port)) as listener:
        listener.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert listener.recv(1_000).startswith(b"HTTP/1.1 200")
        pages.stop()
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


def test_a_port_in_use_is_an_error_that_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(JournalError, match=f"TEARS_JOURNAL_PORT is {port} .* choose another port"):
            PageServer(Starlette(), JournalSettings(port=port))


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=60.0).close()
    except OSError:
        return False
    return True
