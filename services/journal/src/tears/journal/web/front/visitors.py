"""Find out who makes a request."""

import functools
import secrets

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tears.journal.access.house_access import HouseAccess
from tears.journal.access.role import Role
from tears.journal.web.cookies import FORM_COOKIE, SESSION_COOKIE, cookie_header
from tears.journal.web.guards import Visitor

_BEARER = "bearer "
_LONGEST_SECRET = 100
_SECRET_BYTES = 16


class Visitors:
    """Puts a `Visitor` into the state of each request; needs the state of `TrustedProxies`.

    Beside it is `look_again`, which finds out who the visitor is by now.
    """

    def __init__(self, app: ASGIApp, access: HouseAccess, trusted_role: Role) -> None:
        self._app = app
        self._access = access
        self._trusted_role = trusted_role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        connection = HTTPConnection(scope)
        visitor = await self._visitor(connection)
        scope["state"]["visitor"] = visitor
        scope["state"]["look_again"] = functools.partial(self._visitor, connection)
        await self._app(scope, receive, self._with_form_cookie(scope, visitor, send))

    async def _visitor(self, connection: HTTPConnection) -> Visitor:
        prefix: str = connection.state.prefix
        authorization = connection.headers.get("authorization", "")
        if authorization[: len(_BEARER)].lower() == _BEARER:
            token = await run_in_threadpool(self._access.token, _secret(authorization[len(_BEARER) :]))
            return Visitor(token.role if token else Role.NOBODY, prefix=prefix, is_program=True)
        if secret := _secret(connection.cookies.get(SESSION_COOKIE, "")):
            session = await run_in_threadpool(self._access.sessions.find, secret)
            if session is not None:
                csrf = self._access.links.form_token(secret)
                return Visitor(session.role, csrf_token=csrf, prefix=prefix, session_id=session.id)
        if user := connection.state.user:
            csrf = self._access.links.form_token(f"user {user}")
            return Visitor(self._trusted_role, csrf_token=csrf, prefix=prefix)
        # Also the form of a login has a token, or another site could log a browser in with a password of its own.
        secret = _secret(connection.cookies.get(FORM_COOKIE, ""))
        new_secret = "" if secret else secrets.token_urlsafe(_SECRET_BYTES)
        csrf = self._access.links.form_token(f"visit {secret or new_secret}")
        return Visitor(Role.NOBODY, csrf_token=csrf, prefix=prefix, new_form_secret=new_secret)

    def _with_form_cookie(self, scope: Scope, visitor: Visitor, send: Send) -> Send:
        if not visitor.new_form_secret:
            return send

        async def send_with_cookie(message: Message) -> None:
            # Only a page has a form; a picture or a file of style must stay one that a cache may keep.
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append(
                        "set-cookie", cookie_header(HTTPConnection(scope), FORM_COOKIE, visitor.new_form_secret)
                    )
            await send(message)

        return send_with_cookie


def _secret(text: str) -> str:
    """Return a secret as it may be one; empty if it cannot be one of ours."""
    return text if len(text) <= _LONGEST_SECRET and text.isascii() else ""
