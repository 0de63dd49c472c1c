"""HTTP replies, and the status of each code."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from tears.model_server.rest.json import replies as json_replies
from tears.tfserving.v1.status_pb2 import StatusProto

HTTP_STATUSES: Final = {
    StatusProto.OK: HTTPStatus.OK,
    StatusProto.CANCELLED: 499,  # "client closed request", which Python's list lacks
    StatusProto.UNKNOWN: HTTPStatus.INTERNAL_SERVER_ERROR,
    StatusProto.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    StatusProto.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
    StatusProto.NOT_FOUND: HTTPStatus.NOT_FOUND,
    StatusProto.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    StatusProto.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    StatusProto.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    StatusProto.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    StatusProto.ABORTED: HTTPStatus.CONFLICT,
    StatusProto.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    StatusProto.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    StatusProto.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    StatusProto.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    StatusProto.DATA_LOSS: HTTPStatus.INTERNAL_SERVER_ERROR,
    StatusProto.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply; `body` is JSON unless the headers say otherwise."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(default=(("Content-Type", "application/json"),))


def error_reply(message: str, status: int) -> Reply:
    """Return an error in TF Serving's form."""
    return Reply(status, json_replies.error(message).encode(errors="replace"))
