"""Who asks, and whether they may: the decorator of every endpoint."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from starlette.requests import HTTPConnection, Request

from tears.journal.access.role import Role
from tears.journal.web.errors import LoginNeededError, RoleError

EndpointT = TypeVar("EndpointT", bound=Callable[..., Any])

_ROLE_MARK = "required_role"


@dataclass(frozen=True)
class Visitor:
    """Who makes a request.

    Attributes:
        role: what they may do.
        csrf_token: what each of their forms has to bring along; empty for a program with a token.
        prefix: what stands before the path of every link, such as Home Assistant's ingress; empty or `/...`.
    """

    role: Role
    csrf_token: str = ""
    prefix: str = ""


def visitor_of(request: HTTPConnection) -> Visitor:
    """Return who makes a request."""
    return cast("Visitor", request.state.visitor)


def require(role: Role) -> Callable[[EndpointT], EndpointT]:
    """Let only visitors of this role or a higher one reach an endpoint.

    Every endpoint has this decorator: the app does not start with one that has not.

    The endpoint raises LoginNeededError or RoleError for other visitors.
    """

    def decorate(endpoint: EndpointT) -> EndpointT:
        if inspect.iscoroutinefunction(endpoint):

            @functools.wraps(endpoint)
            async def guarded(request: Request) -> Any:
                _check(request, role)
                return await endpoint(request)
        else:

            @functools.wraps(endpoint)
            def guarded(request: Request) -> Any:
                _check(request, role)
                return endpoint(request)

        setattr(guarded, _ROLE_MARK, role)
        return cast("EndpointT", guarded)

    return decorate


def required_role(endpoint: object) -> Role | None:
    """Return the role that an endpoint asks for; None if it lacks the decorator."""
    return getattr(endpoint, _ROLE_MARK, None)


def _check(request: Request, role: Role) -> None:
    visitor = visitor_of(request)
    if visitor.role >= role:
        return
    if visitor.role is Role.NOBODY:
        raise LoginNeededError("Please log in first.")
    raise RoleError("A guest may look and listen, but not change anything. Log in as a parent to do this.")
