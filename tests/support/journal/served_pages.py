"""The real pages on a free port of this machine, and a visitor who asks for them over HTTP."""

import contextlib
import dataclasses
import functools
import http
import http.client
import json
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from tears.journal.access.access_file import ACCESS_FILE, AccessFile
from tears.journal.access.house_access import HouseAccess
from tears.journal.access.passwords import hash_password
from tears.journal.access.records import KeptPassword
from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.web.cookies import SESSION_COOKIE
from tears.journal.web.start import page_server
from tears.kit.clock import Clock, SystemClock
from tears.kit.health import Health

PARENT_PASSWORD = "a parent's password"  # noqa: S105 - of a test
GUEST_PASSWORD = "a guest's password"  # noqa: S105 - of a test
_CSRF = re.compile(r'name="csrf"[^>]*(?:value|content)="([^"]*)"')
# Longer than a page waits for the alerter.
_TIMEOUT_SECONDS = 120.0


@contextlib.contextmanager
def open_access(folder: Path, clock: Clock) -> Iterator[HouseAccess]:
    """Yield who may log in: parents and guests, with the passwords of this module; the file is in `folder`."""
    file = AccessFile(folder / ACCESS_FILE, clock)
    for role, password in ((Role.PARENT, PARENT_PASSWORD), (Role.GUEST, GUEST_PASSWORD)):
        file.set_password(role, KeptPassword(_hash_of(password), is_generated=False), clock.wall_seconds())
    access = HouseAccess(file, clock)
    with contextlib.closing(access):
        yield access


@functools.cache
def _hash_of(password: str) -> str:
    """Return a hash that is cheap to compare with."""
    return hash_password(password, log_cost=4)


@dataclass(frozen=True)
class PageReply:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON has it."""
        return json.loads(self.body)


class ServedPages:
    """Serves the pages of `parts` from a thread while a `with` block lasts, and asks for them as one browser does.

    The browser has logged in with `role` already. `parts` without `access` get one of their own.
    """

    def __init__(self, parts: JournalParts, role: Role = Role.PARENT) -> None:
        with contextlib.ExitStack() as opened:
            if parts.access is None:
                folder = opened.enter_context(tempfile.TemporaryDirectory())
                parts = dataclasses.replace(parts, access=opened.enter_context(open_access(Path(folder), parts.clock)))
            assert parts.access is not None
            self.access = parts.access
            self._stop = threading.Event()
            self._server = opened.enter_context(page_server(parts))
            self._opened = opened.pop_all()
        self._thread = threading.Thread(target=self._server.run, args=(self._stop, Health(SystemClock())))
        self.port = self._server.port
        self.cookies: dict[str, str] = {}
        self.log_in(role)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._opened.close()

    def stop(self) -> None:
        """Stop the server, and wait until it has."""
        self._stop.set()
        self._thread.join()

    def log_in(self, role: Role) -> None:
        """Let the browser be one of a parent, of a guest or of nobody."""
        self.cookies.clear()
        if role is not Role.NOBODY:
            self.cookies[SESSION_COOKIE] = self.access.sessions.begin(role, "a test")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> PageReply:
        """Return a page or a file; redirects are not followed."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, fields: Mapping[str, str] | None = None, *, form_at: str | None = None) -> PageReply:
        """Send a form; its token is that of the page at `form_at`, which is the form's own path by default."""
        found = _CSRF.search(self.get(path if form_at is None else form_at).text)
        return self.ask_form(path, {"csrf": found[1] if found else "", **(fields or {})})

    def follow(self, reply: PageReply) -> PageReply:
        """Return the page to which a form has led."""
        if reply.status != http.HTTPStatus.SEE_OTHER:
            raise AssertionError(f"a form has led nowhere: {reply.status} {reply.text}")
        return self.get(reply.headers["location"])

    def ask_form(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> PageReply:
        """Send a form as it is, without a token that is not among its fields."""
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.ask("POST", path, urlencode(fields).encode(), form)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> PageReply:
        """Send any request with the cookies of this visitor, and keep those that come back."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_SECONDS)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body, {**({"Cookie": cookies} if cookies else {}), **(headers or {})})
            reply = connection.getresponse()
            for cookie in reply.headers.get_all("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return PageReply(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.read())
        finally:
            connection.close()
