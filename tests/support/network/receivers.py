"""Somebody who is told: a real HTTP server that Apprise's `json://` posts to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class NoticeReceiver:
    """Remembers what it was told. Use it as a context manager."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.paths.append(self.path)
                receiver.may_answer.wait(30.0)
                if receiver.status == 200:
                    receiver.told.append(json.loads(body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
                """Tests look at `told`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def url(self, token: str = "token") -> str:  # noqa: S107 - no password, a path
        """For `TEARS_ALERTER_NOTIFY`."""
        return f"json://127.0.0.1:{self.port}/{token}"

    def keys(self, title: str = "nursery: crying") -> list[str]:
        """The last word of each notice with this title: its idempotency key."""
        return [one["message"].split()[-1] for one in list(self.told) if one["title"] == title]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
