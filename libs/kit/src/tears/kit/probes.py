"""The HTTP side of health: /healthz, /readyz and /metrics on one port."""

import logging
import sys
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, CollectorRegistry, make_wsgi_app

from tears.kit.health import Health

logger = logging.getLogger(__name__)

# How often the serving thread checks whether it should end.
_CLOSE_CHECK_SECONDS = 0.1
# How long it waits for a client that sends nothing.
_CLIENT_TIMEOUT_SECONDS = 10.0


class _ProbeHttpServer(ThreadingMixIn, WSGIServer):
    # A scrape that hangs must not delay the exit.
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without a look-up of our own host name, which the parent class makes."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "probes", self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """Log a client that went away or sent nothing, without a traceback."""
        del request
        logger.debug("probe of %s failed: %r", client_address, sys.exception())


class _QuietHandler(WSGIRequestHandler):
    timeout = _CLIENT_TIMEOUT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Log nothing: there may be a probe every second."""


class ProbeServer:
    """Serves the probes from its own thread until `close()`."""

    def __init__(self, health: Health, port: int, registry: CollectorRegistry = REGISTRY) -> None:
        """Bind at once; raise OSError if the port is in use. Port 0 takes any free one, which `port` then holds."""
        self._server = make_server("", port, _application(health, registry), _ProbeHttpServer, _QuietHandler)
        self.port: int = self._server.server_port
        self._thread = Thread(
            target=self._server.serve_forever, args=(_CLOSE_CHECK_SECONDS,), name="probes", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


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
