"""Every error of the model server, each with the status code that clients receive for it."""

from tears.tfserving.v1.status_pb2 import StatusProto


def one_line(error: object) -> str:
    """Return the text of an error without line ends."""
    return " ".join(str(error).split())


class ModelServerError(Exception):
    """Raised when the server cannot do what it was asked to do; the base class of all errors here."""

    code: StatusProto.Code = StatusProto.INTERNAL


class InvalidArgumentError(ModelServerError):
    """Raised when a request is malformed or does not fit the model's signature."""

    code = StatusProto.INVALID_ARGUMENT


class NotFoundError(ModelServerError):
    """Raised when no such model or version is served."""

    code = StatusProto.NOT_FOUND


class FailedPreconditionError(ModelServerError):
    """Raised when the model lacks the signature, the label or the engine that a request needs."""

    code = StatusProto.FAILED_PRECONDITION


class NotAllowedError(ModelServerError):
    """Raised when the server was not started with the flag that allows a request."""

    code = StatusProto.PERMISSION_DENIED


class UnimplementedError(ModelServerError):
    """Raised when a request asks for a kind of inference that does not exist."""

    code = StatusProto.UNIMPLEMENTED


class BusyError(ModelServerError):
    """Raised when too many requests are in flight; the client may try again."""

    code = StatusProto.RESOURCE_EXHAUSTED


class QueueFullError(ModelServerError):
    """Raised when a batching queue is full; the client may try again."""

    code = StatusProto.UNAVAILABLE


class ClosedError(ModelServerError):
    """Raised when the server stops before it could answer; the client may try another server."""

    code = StatusProto.UNAVAILABLE


class DeadlineError(ModelServerError):
    """Raised when the client's deadline passes while the request waits."""

    code = StatusProto.DEADLINE_EXCEEDED


class InferenceError(ModelServerError):
    """Raised when the model fails on inputs that fit its signature."""


class EngineError(InferenceError):
    """Raised when the engine refuses inputs that its signature did not describe, or fails, with a code of its own."""

    def __init__(self, message: str, code: StatusProto.Code) -> None:
        super().__init__(message)
        self.code = code


class DataLossError(ModelServerError):
    """Raised when a file is damaged."""

    code = StatusProto.DATA_LOSS


class LoadError(ModelServerError):
    """Raised when a version's folder holds nothing that can be served."""

    code = StatusProto.FAILED_PRECONDITION


class ConfigError(ModelServerError):
    """Raised when a configuration file cannot be read or understood."""

    code = StatusProto.INVALID_ARGUMENT


class UnavailableModelsError(ModelServerError):
    """Raised when models of a new configuration could not be loaded; the configuration is in effect nevertheless."""

    code = StatusProto.UNKNOWN


class ListenError(ModelServerError):
    """Raised when the server cannot listen on an address."""
