"""Log in and out."""

import functools
import re
from http import HTTPStatus
from urllib.parse import urlencode

import anyio
import anyio.to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tears.journal.access.house_access import HouseAccess
from tears.journal.access.role import Role
from tears.journal.errors import AccessError
from tears.journal.web.cookies import SESSION_COOKIE, cookie_header
from tears.journal.web.forms import checked_form
from tears.journal.web.guards import require, visitor_of
from tears.journal.web.rendering import render

_LONGEST_PATH = 500
_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")


class LoginPages:
    """The pages of the login."""

    def __init__(self, access: HouseAccess) -> None:
        self._access = access
        # Comparing a password takes long on purpose. Those who wait for it must not hold the threads of all pages.
        self._one_at_a_time = anyio.CapacityLimiter(1)

    @require(Role.NOBODY)
    def show(self, request: Request) -> Response:
        """Show the form; who has logged in already goes on."""
        after = path_here(request.query_params.get("next", ""))
        visitor = visitor_of(request)
        if visitor.role is not Role.NOBODY:
            return RedirectResponse(visitor.prefix + after, HTTPStatus.SEE_OTHER)
        return render(request, "login.html", after=after, fault="")

    @require(Role.NOBODY)
    async def log_in(self, request: Request) -> Response:
        """Begin a session if the password is right."""
        form = await checked_form(request)
        after = path_here(str(form.get("next", "")))
        try:
            log_in = functools.partial(
                self._access.log_in,
                str(form.get("password", "")),
                address=request.client.host if request.client else "",
                device=device_words(request.headers.get("user-agent", "")),
            )
            secret = await anyio.to_thread.run_sync(log_in, limiter=self._one_at_a_time)
        except AccessError as error:
            return render(request, "login.html", status=HTTPStatus.FORBIDDEN, after=after, fault=error)
        if after == "/" and await run_in_threadpool(self._is_first_run, secret):
            after = "/welcome"
        return _go(request, after, cookie_header(request, SESSION_COOKIE, secret))

    def _is_first_run(self, secret: str) -> bool:
        """Return whether a parent has logged in who has not finished the first run; a guest cannot."""
        session = self._access.sessions.find(secret)
        return session is not None and session.role is Role.PARENT and not self._access.passwords.is_chosen

    @require(Role.NOBODY)
    def show_log_out(self, request: Request) -> Response:
        """Lead to the start: only a form logs a browser out."""
        return RedirectResponse(f"{visitor_of(request).prefix}/", HTTPStatus.SEE_OTHER)

    @require(Role.GUEST)
    async def log_out(self, request: Request) -> Response:
        """End the session of this browser."""
        await checked_form(request)
        if session_id := visitor_of(request).session_id:
            await run_in_threadpool(self._access.sessions.end, session_id)
        return _go(request, "/login", cookie_header(request, SESSION_COOKIE, "", lives=False))


def path_here(path: str) -> str:
    """Return a path of this server; `/` in place of everything else, such as another site."""
    if len(path) > _LONGEST_PATH or _UNPRINTABLE.search(path) or not path.startswith("/") or path.startswith("//"):
        return "/"
    return path


def login_path(request: Request) -> str:
    """Return the path of the login, which leads back to the page that was asked for."""
    after = request.url.path.removeprefix(visitor_of(request).prefix)
    if request.url.query:
        after = f"{after}?{request.url.query}"
    query = f"?{urlencode({'next': after})}" if request.method == "GET" and after != "/" else ""
    return f"{visitor_of(request).prefix}/login{query}"


def device_words(user_agent: str) -> str:
    """Return what kind of browser it is, such as "Firefox on Android"; "a browser" if it is not known."""
    browser = next((words for mark, words in _BROWSERS if mark in user_agent), "")
    system = next((words for mark, words in _SYSTEMS if mark in user_agent), "")
    return " on ".join(part for part in (browser, system) if part) or "a browser"


def _go(request: Request, path: str, cookie: str) -> Response:
    reply = RedirectResponse(visitor_of(request).prefix + path, HTTPStatus.SEE_OTHER)
    reply.headers.append("set-cookie", cookie)
    return reply
