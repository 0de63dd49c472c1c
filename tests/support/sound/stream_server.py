"""A camera's web server: it sends one endless sound over HTTP, in real time, to every client."""

import base64
import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

# How often a client gets some sound.
STEP_SECONDS = 0.1
# How much sound a client gets at once, so that its decoder can detect the format.
LEAD_SECONDS = 1.0


class StreamServer:
    """A context that serves, and that can be killed and started again on the same port."""

    def __init__(self, body: bytes, seconds: float, *, login: str = "") -> None:
        """Serve at once.

        Args:
            body: An encoded sound; a client that has received all of it waits.
            seconds: The length of the sound, which sets the speed.
            login: The `user:password` to ask for.
        """
        self._body = body
        self._step_bytes = max(1, round(len(body) * STEP_SECONDS / seconds))
        self._lead_bytes = round(len(body) * LEAD_SECONDS / seconds)
        self.authorization = f"Basic {base64.b64encode(login.encode()).decode()}" if login else None
        self.is_stalled = threading.Event()
        self._port = 0
        self.start()

    def url(self, login: str = "") -> str:
        """Return the URL, with a login if one is given."""
        return f"http://{login}{'@' if login else ''}127.0.0.1:{self._port}/nursery"

    def start(self) -> None:
        """Start serving."""
        self._connections: list[socket.socket] = []
        self._is_gone = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=[STEP_SECONDS])
        self._thread.start()

    def kill(self) -> None:
        """Stop serving, and cut every connection."""
        self._is_gone.set()
        self._server.shutdown()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server, is_gone, connections = self, self._is_gone, self._connections

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                connections.append(self.request)
                super().setup()

            def do_GET(self) -> None:
                if server.authorization is not None and self.headers["Authorization"] != server.authorization:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.end_headers()
                    return
                self.send_response(200)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self._send()

            def _send(self) -> None:
                sent_bytes = server._lead_bytes
                self.wfile.write(server._body[:sent_bytes])
                while not is_gone.wait(STEP_SECONDS):
                    if not server.is_stalled.is_set():
                        self.wfile.write(server._body[sent_bytes : sent_bytes + server._step_bytes])
                        sent_bytes += server._step_bytes

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_gone.is_set():
            self.kill()
