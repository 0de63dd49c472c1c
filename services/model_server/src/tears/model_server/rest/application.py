"""What each path of the REST port is: the API, the probes, the metrics; as one WSGI application."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

from tears.kit.health import ProbeVerdict
from tears.model_server import memory
from tears.model_server.metrics import CONTENT_TYPE, ServerMetrics
from tears.model_server.rest.api import Api, Reply, error_reply
from tears.model_server.rest.routes import PREFIX

HEALTHZ: Final = "/healthz"
READYZ: Final = "/readyz"

# What a body may have, unpacked too: as JSON, a minute of sound.
MAX_BODY_BYTES: Final = 32 * 1024 * 1024
# Of a body that was packed piece by piece.
MAX_MEMBERS: Final = 64

CORS_HEADERS: Final = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "POST, GET"),
    ("Access-Control-Allow-Headers", "Content-Type"),
)

_GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's way to say "with gzip's header"

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Front:
    """The application. Thread-safe."""

    def __init__(
        self,
        api: Api,
        metrics: ServerMetrics,
        *,
        alive: Callable[[], ProbeVerdict],
        ready: Callable[[], ProbeVerdict],
        metrics_path: str | None,
        allows_other_origins: bool = False,
    ) -> None:
        """Answers what is asked about the server; `admit` opens the API.

        Args:
            api: What lies below `/v1/`.
            metrics: What Prometheus sees.
            alive: For `/healthz`.
            ready: For `/readyz`.
            metrics_path: Where Prometheus looks; None is nowhere.
            allows_other_origins: Whether pages of other sites may ask (CORS).
        """
        self._api = api
        self._metrics = metrics
        self._probes = {HEALTHZ: alive, READYZ: ready}
        self._metrics_path = metrics_path
        self._cors_headers = CORS_HEADERS if allows_other_origins else ()
        self._changed = threading.Condition()
        # Bodies grow by a thousand times when they are unpacked, and only then does the admission count them.
        self._unpacking = threading.Lock()
        self._running = 0
        # Why the API is closed; empty while it is open.
        self._closed_because = "the models are being loaded"

    @property
    def quick_paths(self) -> set[str]:
        """Those that no model has to run for; they are answered however busy the models are."""
        return {*self._probes, self._metrics_path or READYZ}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333. The server closes what is returned once it has been written: until then it is unanswered."""
        with self._changed:
            self._running += 1
        body = _Body(self._leave)
        try:
            reply = self._reply(environ)
            headers = [*reply.headers, ("Content-Length", str(len(reply.body)))]
            start_response(f"{int(reply.status)} {_phrase(reply.status)}", headers)
        except BaseException:
            body.close()
            raise
        if environ["REQUEST_METHOD"] != "HEAD":
            body.append(reply.body)
        return body

    def admit(self) -> None:
        """Opens the API."""
        with self._changed:
            self._closed_because = ""

    def refuse(self) -> None:
        """From now on not ready, and nothing below `/v1/` is answered but what has been asked already."""
        with self._changed:
            self._closed_because = "the server is shutting down"

    def wait_until_answered(self, timeout_seconds: float) -> bool:
        """Blocks until every request has its reply; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout_seconds)

    def _reply(self, environ: dict[str, Any]) -> Reply:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path not in self.quick_paths:
            if path.lower().startswith(PREFIX):
                return self._api_reply(environ, method)
            return error_reply(f"there is no {path}; the API is below {PREFIX}models", HTTPStatus.NOT_FOUND)
        if method not in {"GET", "HEAD"}:
            return error_reply(f"{path} is to GET, not to {method}", HTTPStatus.METHOD_NOT_ALLOWED)
        if path == self._metrics_path:
            return Reply(HTTPStatus.OK, self._metrics.page(), (("Content-Type", CONTENT_TYPE),))
        verdict = self._probes[path]()
        if path == READYZ and self._closed_because:
            verdict = ProbeVerdict(good=False, reason=self._closed_because)
        status = HTTPStatus.OK if verdict.good else HTTPStatus.SERVICE_UNAVAILABLE
        return Reply(status, f"{verdict.reason}\n".encode(), (("Content-Type", "text/plain; charset=utf-8"),))

    def _api_reply(self, environ: dict[str, Any], method: str) -> Reply:
        if self._closed_because:
            return error_reply(f"{self._closed_because}; try again later", HTTPStatus.SERVICE_UNAVAILABLE)
        if method == "OPTIONS" and self._cors_headers:
            return Reply(HTTPStatus.OK, b"", self._cors_headers)
        body = environ["wsgi.input"].read()
        if body and "gzip" in environ.get("HTTP_CONTENT_ENCODING", ""):
            with self._unpacking:
                unpacked = _unpacked(body)
            if isinstance(unpacked, Reply):
                return unpacked
            body = unpacked
            del unpacked
        arrived_seconds = environ.get("tears.arrived_seconds", time.perf_counter())
        reply = self._api.answer(method, _origin_form(environ["REQUEST_URI"]), body, arrived_seconds)
        taken_bytes = len(body)
        del body
        memory.release_after_request(taken_bytes)
        return Reply(reply.status, reply.body, (*reply.headers, *self._cors_headers))

    def _leave(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()


class _Body(list[bytes]):
    """A reply's body that tells when it has been written."""

    def __init__(self, on_close: Callable[[], None]) -> None:
        super().__init__()
        self._on_close = on_close

    def close(self) -> None:
        """See PEP 3333."""
        self._on_close()


def _origin_form(target: str) -> str:
    """A request's target without scheme and authority, which proxies are sent and servers have to take (RFC 9112)."""
    if target.startswith("/"):
        return target
    path_and_query = target.partition("://")[2].partition("/")[2]
    return f"/{path_and_query}"


def _unpacked(body: bytes) -> bytes | Reply:
    """What was packed, in one member or several, or what is wrong with it."""
    unpacked = b""
    for _ in range(MAX_MEMBERS):
        unpacker = zlib.decompressobj(_GZIP)
        try:
            unpacked += unpacker.decompress(body, MAX_BODY_BYTES + 1 - len(unpacked))
        except zlib.error as error:
            return error_reply(f"the body is no gzip: {error}", HTTPStatus.BAD_REQUEST)
        if len(unpacked) > MAX_BODY_BYTES:
            message = f"the body has more than {MAX_BODY_BYTES} bytes when it is unpacked"
            return error_reply(message, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not unpacker.eof:
            return error_reply("the body is no gzip: its end is missing", HTTPStatus.BAD_REQUEST)
        body = unpacker.unused_data
        if not body:
            return unpacked
    return error_reply(f"the body has more than {MAX_MEMBERS} members of gzip", HTTPStatus.BAD_REQUEST)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Closed Request"
