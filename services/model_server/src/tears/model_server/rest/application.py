"""Answer each path of the REST port: the API, the probes and the metrics."""

import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from tears.kit.health import ProbeVerdict
from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.errors import ModelServerError
from tears.model_server.metrics import CONTENT_TYPE
from tears.model_server.rest.gzip_body import unpack_body
from tears.model_server.rest.reply import HTTP_STATUSES, Reply, error_reply
from tears.model_server.rest.request import HttpRequest, RestRequest
from tears.model_server.rest.routes import API_PREFIX

logger = logging.getLogger(__name__)

HEALTHZ_PATH: Final = "/healthz"
READYZ_PATH: Final = "/readyz"

CORS_HEADERS: Final = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "POST, GET"),
    ("Access-Control-Allow-Headers", "Content-Type"),
)


class Application:
    """Answer requests without HTTP. Thread-safe; blocks until the model has run."""

    def __init__(
        self,
        data_plane: DataPlane,
        *,
        alive: Callable[[], ProbeVerdict],
        ready: Callable[[], ProbeVerdict],
        metrics_path: str | None,
        timeout_seconds: float | None,
        allows_other_origins: bool = False,
    ) -> None:
        """Answer only questions about the server until `admit` opens the API.

        The two verdicts are those for `/healthz` and `/readyz`. Without a path the metrics are hidden. The timeout
        limits how long a request waits for its turn after it has arrived; None is no limit. `allows_other_origins` lets
        pages of other sites ask (CORS).
        """
        self._data_plane = data_plane
        self._probes = {HEALTHZ_PATH: alive, READYZ_PATH: ready}
        self._metrics_path = metrics_path
        self._timeout_seconds = timeout_seconds
        self._cors_headers = CORS_HEADERS if allows_other_origins else ()
        # A body may become a thousand times larger when it is unpacked, and only then can the admission count it.
        self._unpacking = threading.Lock()
        self._parsing_large = threading.Lock()
        # Why the API is closed; empty while it is open.
        self._closed_because = "the models are being loaded"

    def admit(self) -> None:
        """Open the API."""
        self._closed_because = ""

    def refuse(self) -> None:
        """Close the API: not ready from now on, and requests that come now are refused."""
        self._closed_because = "the server is shutting down"

    def is_quick(self, request: HttpRequest) -> bool:
        """Return whether no model has to run for this path. Such a request is answered however busy the models are."""
        return request.path in self._probes or request.path == self._metrics_path

    def answer(self, request: HttpRequest) -> Reply:
        """Answer one request; a defect of the server becomes a reply too."""
        try:
            return self._answer_quick(request) if self.is_quick(request) else self._answer_api(request)
        except Exception as error:
            logger.exception("%s %s failed", request.method, request.target)
            message = f"{request.method} {request.target} failed: {error}"
            return error_reply(message, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _answer_quick(self, request: HttpRequest) -> Reply:
        path = request.path
        if request.method not in {"GET", "HEAD"}:
            message = f"{path} takes GET, not {request.method}"
            return error_reply(message, HTTPStatus.METHOD_NOT_ALLOWED)
        if path == self._metrics_path:
            return Reply(HTTPStatus.OK, self._data_plane.metrics.page(), (("Content-Type", CONTENT_TYPE),))
        verdict = self._probes[path]()
        if path == READYZ_PATH and self._closed_because:
            verdict = ProbeVerdict(good=False, reason=self._closed_because)
        status = HTTPStatus.OK if verdict.good else HTTPStatus.SERVICE_UNAVAILABLE
        return Reply(status, f"{verdict.reason}\n".encode(), (("Content-Type", "text/plain; charset=utf-8"),))

    def _answer_api(self, request: HttpRequest) -> Reply:
        if not request.path.lower().startswith(API_PREFIX):
            message = f"there is no {request.path}; the API is below {API_PREFIX}models"
            return error_reply(message, HTTPStatus.NOT_FOUND)
        if self._closed_because:
            return error_reply(f"{self._closed_because}; try again later", HTTPStatus.SERVICE_UNAVAILABLE)
        if request.method == "OPTIONS" and self._cors_headers:
            return Reply(HTTPStatus.OK, b"", self._cors_headers)
        if request.body and "gzip" in request.content_encoding:
            with self._unpacking:
                unpacked = unpack_body(request.take_body())
            if isinstance(unpacked, Reply):
                return unpacked
            request.body = unpacked
            del unpacked
        incoming = RestRequest(self._data_plane.catalog, request, self._timeout_seconds, self._parsing_large)
        try:
            reply = Reply(HTTPStatus.OK, self._data_plane.answer(incoming))
        except ModelServerError as error:
            reply = error_reply(str(error), HTTP_STATUSES[error.code])
        return Reply(reply.status, reply.body, (*reply.headers, *self._cors_headers))
