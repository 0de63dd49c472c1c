"""Who asks, and whether they may: the decorator of every endpoint."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from tears.journal.access.role import Role
from tears.journal.web.errors import LoginNeededError, RoleError

EndpointT = TypeVar("EndpointT", bound=Callable[..., Any])

_ROLE_MARK = "required_role"
_READING_METHODS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Visitor:
    """Who makes a request.

    Attributes:
        role: what they may do.
        csrf_token: what each of their forms has to bring along; empty for a program.
        prefix: what stands before the path of every link, such as Home Assistant's ingress; empty or `/...`.
        session_id: the session of their browser; empty without one.
        is_program: whether they came with a token in place of a login.
        new_form_secret: a cookie that they do not have yet, and need for the form of the login.
    """

    role: Role
    csrf_token: str = ""
    prefix: str = ""
    session_id: str = ""
    is_program: bool = False
    new_form_secret: str = ""

    @property
    def name(self) -> str:
        """Who they are, for what keeps the name of who has made it."""
        return self.role.value


def visitor_of(request: HTTPConnection) -> Visitor:
    """Return who makes a request."""
    return cast("Visitor", request.state.visitor)


def is_still_let_in(request: HTTPConnection) -> Callable[[], Awaitable[bool]]:
    """Return a function that says whether the visitor may still do what they did: they may have been logged out."""
    role = visitor_of(request).role

    async def look_again() -> bool:
        visitor: Visitor = await request.state.look_again()
        return visitor.role.includes(role)

    return look_again


def require(role: Role) -> Callable[[EndpointT], EndpointT]:
    """Let only visitors of this role or a higher one reach an endpoint.

    Every endpoint, a function or a method, has this decorator: the app does not start with one that has not.

    The endpoint raises LoginNeededError or RoleError for other visitors.
    """

    def decorate(endpoint: EndpointT) -> EndpointT:
        if inspect.iscoroutinefunction(endpoint):

            @functools.wraps(endpoint)
            async def guarded(*arguments: Any) -> Any:
                _check(arguments[-1], role)
                return await endpoint(*arguments)
        else:

            @functools.wraps(endpoint)
            def guarded(*arguments: Any) -> Any:
                _check(arguments[-1], role)
                return endpoint(*arguments)

        setattr(guarded, _ROLE_MARK, role)
        return cast("EndpointT", guarded)

    return decorate


def required_role(endpoint: object) -> Role | None:
    """Return the role that an endpoint asks for; None if it lacks the decorator."""
    return getattr(endpoint, _ROLE_MARK, None)


def _check(request: Request, role: Role) -> None:
    visitor = visitor_of(request)
    if not visitor.is_program and _is_from_elsewhere(request):
        raise RoleError("This came from another site, so nothing was done.")
    if visitor.role.includes(role):
        return
    if visitor.role is Role.NOBODY:
        raise LoginNeededError("Please log in first.")
    raise RoleError("A guest may look and listen, but not change anything. Log in as a parent to do this.")


def _is_from_elsewhere(request: Request) -> bool:
    """Return whether a page of another site lets the browser send a request that changes something.

    Browsers say where it comes from: all of them name the origin of a form, and over https:// also its relation to us.
    A program need not say it, but it has no cookies that a site could use.
    """
    if request.method in _READING_METHODS:
        return False
    if site := request.headers.get("sec-fetch-site", ""):
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and _host_of(origin) not in request.state.hosts


def _host_of(origin: str) -> str | None:
    """Return the host and port of an origin; None for a text that is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
