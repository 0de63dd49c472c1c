"""The real pages on a free port of this machine, and a visitor who asks for them over HTTP."""

import http.client
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from tears.journal.parts import JournalParts
from tears.journal.web.app import make_app
from tears.journal.web.server import PageServer
from tears.kit.clock import SystemClock
from tears.kit.health import Health

_CSRF = re.compile(r'name="csrf"[^>]*(?:value|content)="([^"]*)"')
_TIMEOUT_SECONDS = 30.0


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
    """Serves the pages of `parts` from a thread while a `with` block lasts, and asks for them as a parent's browser."""

    def __init__(self, parts: JournalParts) -> None:
        self._stop = threading.Event()
        self._server = PageServer(make_app(parts), parts.settings)
        self._thread = threading.Thread(target=self._server.run, args=(self._stop, Health(SystemClock())))
        self.port = self._server.port
        self.cookies: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._server.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._server.__exit__()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> PageReply:
        """Return a page or a file; redirects are not followed."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, fields: Mapping[str, str] | None = None, *, form_at: str | None = None) -> PageReply:
        """Send a form; its token is that of the page at `form_at`, which is the form's own path by default."""
        found = _CSRF.search(self.get(path if form_at is None else form_at).text)
        body = urlencode({"csrf": found[1] if found else "", **(fields or {})}).encode()
        return self.ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

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
