"""The one place where a gRPC status becomes a decision."""

from __future__ import annotations

import grpc

from tears.classifier.errors import ModelAwayError, ServerFaultError, WindowRefusedError
from tears.kit.errors import KitError

# The model or the server may be back the next time: nothing is wrong with the window.
_PASSING = {
    grpc.StatusCode.UNAVAILABLE: "start the model server, or check TEARS_CLASSIFIER_SERVER",
    grpc.StatusCode.DEADLINE_EXCEEDED: "the server is overloaded, or TEARS_CLASSIFIER_DEADLINE_SECONDS too short",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "the server is overloaded",
    grpc.StatusCode.NOT_FOUND: "put the model in place, or check TEARS_CLASSIFIER_MODEL",
    grpc.StatusCode.FAILED_PRECONDITION: "the model is there, but cannot answer that; see the message before",
    grpc.StatusCode.UNIMPLEMENTED: "what answers there is no model server; check TEARS_CLASSIFIER_SERVER",
    grpc.StatusCode.UNAUTHENTICATED: "the server asks for credentials",
    grpc.StatusCode.PERMISSION_DENIED: "the server forbids it",
    grpc.StatusCode.CANCELLED: "the connection was closed",
    grpc.StatusCode.ABORTED: "the server gave the request up",
}


def error_of(failure: grpc.RpcError) -> KitError:
    """What to raise for a failed request."""
    code, details = failure.code(), failure.details()
    if code in _PASSING:
        return ModelAwayError(f"{code.name}: {details}; {_PASSING[code]}")
    if code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE}:
        return WindowRefusedError(f"{code.name}: {details}")
    return ServerFaultError(f"{code.name}: {details}")
