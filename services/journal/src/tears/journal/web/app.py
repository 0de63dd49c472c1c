"""The application: the routes of every part, and what stands around them."""

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Mount, Route

from tears.journal.access.role import Role
from tears.journal.errors import JournalError
from tears.journal.parts import JournalParts
from tears.journal.web.access.routes import routes as access_routes
from tears.journal.web.api.routes import routes as api_routes
from tears.journal.web.clips.routes import routes as clip_routes
from tears.journal.web.error_pages import answer_nobody, show_error
from tears.journal.web.front.answer_headers import AnswerHeaders
from tears.journal.web.front.bounded_body import BoundedBody
from tears.journal.web.front.trusted_proxies import TrustedProxies, check_proxies
from tears.journal.web.front.visitors import Visitors
from tears.journal.web.guards import required_role
from tears.journal.web.live.routes import routes as live_routes
from tears.journal.web.pages.form_results import FormResults
from tears.journal.web.pages.routes import routes as page_routes
from tears.journal.web.setup.routes import routes as setup_routes
from tears.journal.web.static_files import KeptStaticFiles
from tears.journal.web.teaching.routes import routes as teaching_routes

_ROUTES = (
    access_routes,
    api_routes,
    live_routes,
    page_routes,
    clip_routes,
    setup_routes,
    teaching_routes,
)


def make_app(parts: JournalParts) -> Starlette:
    """Return the application; `parts` must have `access`. Raises SettingsError for a proxy that is no address."""
    if parts.access is None:
        raise TypeError("without `access`, the pages would be open to everybody")
    settings = parts.settings
    check_proxies(settings)
    routes = [route for make in _ROUTES for route in make(parts)]
    _check_guards(routes)
    app = Starlette(
        routes=[*routes, Mount("/static", KeptStaticFiles())],
        # In the order that a request goes through.
        middleware=[
            Middleware(AnswerHeaders),
            Middleware(BoundedBody),
            Middleware(TrustedProxies, settings.trusted_proxies, settings.trusted_user_header),
            Middleware(Visitors, parts.access, Role(settings.trusted_role)),
        ],
        exception_handlers={
            JournalError: show_error,
            HTTPException: show_error,
            ClientDisconnect: answer_nobody,
            Exception: show_error,
        },
    )
    # The top of every page says whether Tears listens.
    app.state.live = parts.live
    app.state.results = FormResults(parts.clock)
    return app


def _check_guards(routes: Iterable[BaseRoute]) -> None:
    """Raise TypeError for an endpoint without `require`: it would be open to everybody."""
    for route in routes:
        if not isinstance(route, Route) or required_role(route.endpoint) is None:
            raise TypeError(
                f"{getattr(route, 'path', route)} does not say who may use it; decorate its endpoint with `require`"
            )
