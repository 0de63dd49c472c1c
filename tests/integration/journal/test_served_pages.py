"""The pages over real HTTP."""

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from support.journal.served_pages import ServedPages

from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web import app
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
        app.make_app(PARTS)
