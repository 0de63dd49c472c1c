"""The routes of the login."""

from starlette.routing import BaseRoute, Route

from tears.journal.parts import JournalParts
from tears.journal.web.access.login import LoginPages


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    access = parts.access
    assert access is not None  # noqa: S101 - make_app checks it
    login = LoginPages(access)
    return [
        Route("/login", login.show),
        Route("/login", login.log_in, methods=["POST"]),
        Route("/logout", login.show_log_out),
        Route("/logout", login.log_out, methods=["POST"]),
    ]
