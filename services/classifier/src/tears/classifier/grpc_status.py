"""What a gRPC status means for a window: wait, never try again, or try again a few times."""

import grpc

from tears.classifier.errors import ModelAwayError, ServerFaultError, WindowRefusedError
from tears.kit.errors import KitError

# Nothing is wrong with the window: the same request may succeed later. Each status has its cure.
_STATUS_CURES = {
    grpc.StatusCode.UNAVAILABLE: "start the model server, or check TEARS_CLASSIFIER_SERVER",
    grpc.StatusCode.DEADLINE_EXCEEDED: "the server is overloaded, or TEARS_CLASSIFIER_DEADLINE_SECONDS is too short",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "the server is overloaded",
    grpc.StatusCode.NOT_FOUND: "put the model in place, or check TEARS_CLASSIFIER_MODEL",
    grpc.StatusCode.FAILED_PRECONDITION: "the model is there but cannot answer this request; see the message before",
    grpc.StatusCode.UNIMPLEMENTED: "the program at this address is not a model server; check TEARS_CLASSIFIER_SERVER",
    grpc.StatusCode.UNAUTHENTICATED: "the server asks for credentials",
    grpc.StatusCode.PERMISSION_DENIED: "the server forbids the request",
    grpc.StatusCode.CANCELLED: "the connection was closed",
    grpc.StatusCode.ABORTED: "the server gave up the request",
}


def error_of(failure: grpc.RpcError) -> KitError:
    """Return the error to raise for a failed request."""
    code, details = failure.code(), failure.details()
    if code in _STATUS_CURES:
        return ModelAwayError(f"{code.name}: {details}; {_STATUS_CURES[code]}")
    if code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE}:
        return WindowRefusedError(f"{code.name}: {details}")
    return ServerFaultError(f"{code.name}: {details}")
