"""A Baby Buddy for tests: a real HTTP server with the part of its REST API that is used."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


class BabyBuddyServer:
    """Keeps the notes that it was sent. Use it as a context manager.

    Attributes:
        status: what it answers to a new note; 0 takes the note and closes the connection without an answer.
    """

    token = "a-token"  # noqa: S105 - of a test

    def __init__(self, children: int = 1) -> None:
        self.notes: list[dict[str, Any]] = []
        self.status = 201
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if self.headers["Authorization"] != f"Token {server.token}":
                    self._answer(401, {"detail": "Invalid token."})
                elif url.path == "/api/children/":
                    self._answer(200, {"count": children, "results": [{"id": 7 + k} for k in range(children)]})
                elif url.path == "/api/notes/":
                    child = int(parse_qs(url.query)["child"][0])
                    found = [note for note in server.notes if note["child"] == child]
                    self._answer(200, {"count": len(found), "results": found})
                else:
                    self._answer(404, {"detail": "Not found."})

            def do_POST(self) -> None:
                note = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if server.status in {0, 201}:
                    server.notes.append(note)
                if server.status:
                    self._answer(server.status, note)

            def _answer(self, status: int, content: object) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
