"""The application: the routes of every part, and what stands around them."""

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.web.access.routes import routes as access_routes
from tears.journal.web.clips.routes import routes as clip_routes
from tears.journal.web.errors import LoginNeededError, WebError
from tears.journal.web.guards import Visitor, required_role
from tears.journal.web.history.routes import routes as history_routes
from tears.journal.web.live.routes import routes as live_routes
from tears.journal.web.pages.routes import routes as page_routes
from tears.journal.web.rendering import TEMPLATES, render
from tears.journal.web.setup.routes import routes as setup_routes
from tears.journal.web.teaching.routes import routes as teaching_routes

STATIC = TEMPLATES.with_name("static")
API_PATH = "/api/v1"

_ROUTES = (
    access_routes,
    live_routes,
    page_routes,
    history_routes,
    clip_routes,
    setup_routes,
    teaching_routes,
)


def make_app(parts: JournalParts) -> Starlette:
    """Return the application."""
    routes = [route for make in _ROUTES for route in make(parts)]
    _check_guards(routes)
    return Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=STATIC))],
        middleware=[Middleware(_Visitors)],
        exception_handlers={WebError: _in_words},
    )


class _Visitors:
    """Says who makes each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its visitor."""
        if scope["type"] == "http":
            scope.setdefault("state", {})["visitor"] = Visitor(Role.PARENT)
        await self._app(scope, receive, send)


def _check_guards(routes: Iterable[BaseRoute]) -> None:
    """Raise TypeError for an endpoint without `require`: it would be open to everybody."""
    for route in routes:
        if isinstance(route, Route) and required_role(route.endpoint) is None:
            raise TypeError(f"the endpoint of {route.path} does not say who may use it; decorate it with `require`")


async def _in_words(request: Request, error: Exception) -> Response:
    assert isinstance(error, WebError)  # noqa: S101 - it is registered for these
    if request.url.path.startswith(API_PATH):
        return JSONResponse({"error": str(error)}, status_code=error.status)
    if isinstance(error, LoginNeededError):
        return RedirectResponse("/login", status_code=303)
    return render(request, "error.html", status=error.status, text=str(error))
