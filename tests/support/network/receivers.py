"""A receiver of notices: a real HTTP server that Apprise's `json://` posts to."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

# Longer than any test waits for something else meanwhile.
HELD_SECONDS = 120.0


class NoticeReceiver:
    """Remembers the notices it has taken. Use it as a context manager."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()
        # Messages with files are answered only while both are set.
        self.may_answer_files = threading.Event()
        self.may_answer_files.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.headers.append(dict(self.headers.items()))
                receiver.paths.append(self.path)
                receiver.may_answer.wait(HELD_SECONDS)
                notice = json.loads(body)
                if notice.get("attachments"):
                    receiver.may_answer_files.wait(HELD_SECONDS)
                if receiver.status == 200:
                    receiver.taken.append(notice)
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
                """Log nothing: tests look at `taken`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def url(self, token: str = "token") -> str:  # noqa: S107 - no password, a path
        """Return a URL for `TEARS_ALERTER_NOTIFY`."""
        return f"json://127.0.0.1:{self.port}/{token}"

    def texts(self, title: str = "nursery: crying") -> list[str]:
        """Return the text of each notice with this title."""
        return [one["message"] for one in self.without_files() if one["title"] == title]

    def without_files(self) -> list[dict[str, Any]]:
        """Return the notices that are only texts."""
        return [one for one in list(self.taken) if not one.get("attachments")]

    def files(self) -> list[bytes]:
        """Return the content of all files, in the order in which they came."""
        return [base64.b64decode(file["base64"]) for one in list(self.taken) for file in one.get("attachments") or ()]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.may_answer.set()
        self.may_answer_files.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
