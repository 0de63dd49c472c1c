"""The HTTP side of health: /healthz, /readyz and /metrics on one port."""

import contextlib
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import REGISTRY, CollectorRegistry, make_wsgi_app

from tears.kit.health import Health
from tears.kit.network.listening import FAIL, LOOPBACK, listening_sockets

logger = logging.getLogger(__name__)

# How often the serving thread looks for connections that take too long. To look ten times a second, for IPv4 and for
# IPv6, was a third of what a service took for one room.
_SLOW_LOOK_SECONDS = 5.0
# How long it waits for a client that sends nothing.
_CLIENT_TIMEOUT_SECONDS = 10.0
# How long a client may take to send its request and to read the reply; it is cut off at the next look after that.
MAX_PROBE_SECONDS: Final = 30.0
# Connections at once, each with a thread of its own; the oldest makes room for another.
MAX_PROBE_CONNECTIONS: Final = 32
# How long another waits for that room.
_ROOM_SECONDS: Final = 1.0


class _ProbeHttpServer(ThreadingMixIn, WSGIServer):
    # A scrape that hangs must not delay the exit.
    daemon_threads = True

    def __init__(self, listening: socket.socket, application: Callable[..., Iterable[bytes]]) -> None:
        """Serve a socket that listens already."""
        super().__init__(listening.getsockname(), _QuietHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        # Without a look-up of our own host name, which the parent class would make.
        self.server_name, self.server_port = "probes", listening.getsockname()[1]
        self.setup_environ()
        self.set_app(application)
        # The open connections, and when each was accepted; the oldest is first.
        self._since_seconds: dict[socket.socket, float] = {}
        self._changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread of its own, or close it if there are too many and none of them ends."""
        with self._changed:
            if len(self._since_seconds) >= MAX_PROBE_CONNECTIONS:
                _cut_off(next(iter(self._since_seconds)))
            has_room = self._changed.wait_for(lambda: len(self._since_seconds) < MAX_PROBE_CONNECTIONS, _ROOM_SECONDS)
            if has_room:
                self._since_seconds[request] = time.monotonic()
        if has_room:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def service_actions(self) -> None:
        """Cut off the connections that take too long; the serving thread calls this between its other work."""
        latest_seconds = time.monotonic() - MAX_PROBE_SECONDS
        with self._changed:
            for connection, since_seconds in self._since_seconds.items():
                if since_seconds <= latest_seconds:
                    _cut_off(connection)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and make room for another."""
        with self._changed:
            self._since_seconds.pop(request, None)
            self._changed.notify()
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log a client that went away or sent nothing, without a traceback."""
        del request
        logger.debug("probe of %s failed: %r", client_address, sys.exception())


def _cut_off(connection: socket.socket) -> None:
    """Let the thread that reads from a connection, or writes to it, end at once."""
    with contextlib.suppress(OSError):  # the client has gone already
        connection.shutdown(socket.SHUT_RDWR)


class _QuietHandler(WSGIRequestHandler):
    timeout = _CLIENT_TIMEOUT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Log nothing: there may be a probe every second."""


class ProbeServer:
    """Serves the probes from threads of its own until `close()`."""

    def __init__(
        self,
        health: Health,
        port: int,
        registry: CollectorRegistry = REGISTRY,
        *,
        listen: str = LOOPBACK,
        if_taken: str = FAIL,
    ) -> None:
        """Bind at once; raise OSError if the port is in use and no other will do. `port` then holds the real one."""
        application = _application(health, registry)
        self._servers = [
            _ProbeHttpServer(one, application) for one in listening_sockets(listen, port, if_taken=if_taken)
        ]
        self.port: int = self._servers[0].server_port
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(_SLOW_LOOK_SECONDS,), name="probes", daemon=True)
            for server in self._servers
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop serving and free the port."""
        for server, thread in zip(self._servers, self._threads, strict=True):
            # Wakes the serving thread, which would sleep until its next look. It ends as soon as it is told so.
            with contextlib.suppress(OSError):
                server.socket.shutdown(socket.SHUT_RDWR)
            server.shutdown()
            server.server_close()
            thread.join()


def _application(health: Health, registry: CollectorRegistry) -> Callable[..., Iterable[bytes]]:
    metrics = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start_response)  # type: ignore[no-any-return]
        if path not in {"/healthz", "/readyz"}:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"try /healthz, /readyz or /metrics\n"]
        verdict = health.alive() if path == "/healthz" else health.ready()
        start_response(
            "200 OK" if verdict.good else "503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")]
        )
        return [f"{verdict.reason}\n".encode()]

    return answer
