"""The forms that say who may log in: passwords, guests, tokens of programs, and browsers."""

from typing import NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.house_access import HouseAccess
from tears.journal.access.role import Role
from tears.journal.errors import AccessError
from tears.journal.parts import JournalParts
from tears.journal.web.errors import NotNowError
from tears.journal.web.guards import require, visitor_of
from tears.journal.web.pages.form_results import result_of, see_result
from tears.journal.web.pages.posting import form_route, see
from tears.journal.web.rendering import render

_ENTRY_PAGE = "/setup/access"


class MadeSecret(NamedTuple):
    """A token that was made just now, for the page that shows it."""

    secret: str


def entry_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""

    @require(Role.PARENT)
    def show(request: Request) -> Response:
        """Show who may log in."""
        return render(
            request,
            "entry.html",
            lets_guests_in=access_of(parts).passwords.lets_guests_in,
            sessions=access_of(parts).sessions.list_all(),
            here=visitor_of(request).session_id,
            tokens=access_of(parts).tokens(),
            done=request.query_params.get("done", ""),
            fault=result_of(request, AccessError),
            secret=made.secret if (made := result_of(request, MadeSecret)) else "",
        )

    def set_password(request: Request, form: FormData) -> Response:
        """Change the password of the parents or of the guests."""
        access = access_of(parts)
        role = Role.GUEST if form.get("role") == Role.GUEST.value else Role.PARENT
        try:
            _confirm(request, access, form)
            access.set_password(role, str(form.get("password", "")), keep_session=visitor_of(request).session_id)
        except AccessError as error:
            return see_result(request, _ENTRY_PAGE, error)
        return see(request, _ENTRY_PAGE, done="password" if role is Role.PARENT else "guests")

    def end_guests(request: Request, _form: FormData) -> Response:
        """Let no guest in any more."""
        access_of(parts).end_guests()
        return see(request, _ENTRY_PAGE, done="no-guests")

    def make_token(request: Request, form: FormData) -> Response:
        """Make a token for a program, and show it once."""
        access = access_of(parts)
        role = Role.PARENT if form.get("role") == Role.PARENT.value else Role.GUEST
        try:
            _confirm(request, access, form)
            secret, _ = access.make_token(str(form.get("name", "")), role)
        except AccessError as error:
            return see_result(request, _ENTRY_PAGE, error)
        return see_result(request, _ENTRY_PAGE, MadeSecret(secret))

    def end_token(request: Request, form: FormData) -> Response:
        """End a token."""
        access_of(parts).end_token(str(form.get("id", "")))
        return see(request, _ENTRY_PAGE, done="token")

    def end_session(request: Request, form: FormData) -> Response:
        """Log a browser out."""
        access_of(parts).sessions.end(str(form.get("id", "")))
        return see(request, _ENTRY_PAGE, done="session")

    return [
        Route(_ENTRY_PAGE, show),
        form_route(f"{_ENTRY_PAGE}/password", set_password),
        form_route(f"{_ENTRY_PAGE}/guests/end", end_guests, up=2),
        form_route(f"{_ENTRY_PAGE}/tokens", make_token),
        form_route(f"{_ENTRY_PAGE}/tokens/end", end_token, up=2),
        form_route(f"{_ENTRY_PAGE}/sessions/end", end_session, up=2),
    ]


def access_of(parts: JournalParts) -> HouseAccess:
    """Return who may come in; raise NotNowError where nobody is asked."""
    if parts.access is None:
        raise NotNowError("Nobody needs to log in here.")
    return parts.access


def _confirm(request: Request, access: HouseAccess, form: FormData) -> None:
    """Raise AccessError unless the form has the parents' password: who finds a phone must not keep its owner out."""
    address = request.client.host if request.client else ""
    access.confirm_parent(str(form.get("current", "")), address=address)
