"""The HTTP side of health: /healthz, /readyz and /metrics on one port."""

import logging
import socket
import sys
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import REGISTRY, CollectorRegistry, make_wsgi_app

from tears.kit.health import Health
from tears.kit.network.listening import LOOPBACK, listening_sockets

logger = logging.getLogger(__name__)

# How often the serving thread checks whether it should end.
_CLOSE_CHECK_SECONDS = 0.1
# How long it waits for a client that sends nothing.
_CLIENT_TIMEOUT_SECONDS = 10.0


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

    def handle_error(self, request: object, client_address: object) -> None:
        """Log a client that went away or sent nothing, without a traceback."""
        del request
        logger.debug("probe of %s failed: %r", client_address, sys.exception())


class _QuietHandler(WSGIRequestHandler):
    timeout = _CLIENT_TIMEOUT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Log nothing: there may be a probe every second."""


class ProbeServer:
    """Serves the probes from threads of its own until `close()`."""

    def __init__(
        self, health: Health, port: int, registry: CollectorRegistry = REGISTRY, *, listen: str = LOOPBACK
    ) -> None:
        """Bind at once; raise OSError if the port is in use. Port 0 takes any free one, which `port` then holds."""
        application = _application(health, registry)
        self._servers = [_ProbeHttpServer(one, application) for one in listening_sockets(listen, port)]
        self.port: int = self._servers[0].server_port
        self._threads = [
            Thread(target=server.serve_forever, args=(_CLOSE_CHECK_SECONDS,), name="probes", daemon=True)
            for server in self._servers
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop serving and free the port."""
        for server, thread in zip(self._servers, self._threads, strict=True):
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
