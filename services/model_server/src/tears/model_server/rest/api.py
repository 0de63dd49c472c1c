"""The REST API without HTTP: a method, a path and a body in; a reply out."""

from __future__ import annotations

import threading
from http import HTTPStatus

from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.errors import ModelServerError
from tears.model_server.rest.reply import HTTP_STATUSES, Reply, error_reply
from tears.model_server.rest.request import RestRequest


class RestApi:
    """Answers the requests below `/v1/`. Thread-safe; blocks until the model has run."""

    def __init__(self, data_plane: DataPlane, *, timeout_seconds: float) -> None:
        """`timeout_seconds`: how long a request may wait for its turn after it has arrived."""
        self._data_plane = data_plane
        self._timeout_seconds = timeout_seconds
        self._large_body = threading.Lock()

    def answer(self, method: str, target: str, body: bytes | bytearray, arrived_seconds: float) -> Reply:
        """Answer one request.

        Args:
            method: `GET`, `POST` or any other.
            target: The path as it was sent, with its query.
            body: The unpacked body.
            arrived_seconds: When it had arrived, by `time.perf_counter`.
        """
        request = RestRequest(
            self._data_plane.catalog,
            method,
            target,
            body,
            arrived_seconds=arrived_seconds,
            timeout_seconds=self._timeout_seconds,
            large_body=self._large_body,
        )
        del body
        try:
            return Reply(HTTPStatus.OK, self._data_plane.answer(request))
        except ModelServerError as error:
            return error_reply(str(error), HTTP_STATUSES[error.code])
