"""What can go wrong, each with the code that goes over the wire: this is the only place that chooses one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tears.tfserving.v1.status_pb2 import StatusProto

if TYPE_CHECKING:  # the seam itself raises these errors
    from tears.model_server.engines.servable import Servable


class ModelServerError(Exception):
    """Raised when the server cannot do what it was asked; the base of all errors here."""

    code: StatusProto.Code = StatusProto.INTERNAL


class InvalidArgumentError(ModelServerError):
    """Raised when a request is wrong by itself or does not fit the model's signature."""

    code = StatusProto.INVALID_ARGUMENT


class NotFoundError(ModelServerError):
    """Raised when no such model or version is served."""

    code = StatusProto.NOT_FOUND


class FailedPreconditionError(ModelServerError):
    """Raised when the model as it is cannot do what was asked: it lacks the signature, the label or the engine."""

    code = StatusProto.FAILED_PRECONDITION


class UnimplementedError(ModelServerError):
    """Raised when a request asks for a kind of inference that there is not."""

    code = StatusProto.UNIMPLEMENTED


class TransportError(ModelServerError):
    """Raised when what secures or tunes the connections was not understood; the message names the setting."""

    code = StatusProto.INVALID_ARGUMENT


class BusyError(ModelServerError):
    """Raised when as many requests are in flight as the server takes on; worth another try."""

    code = StatusProto.RESOURCE_EXHAUSTED


class QueueFullError(ModelServerError):
    """Raised when a batching queue holds as many batches as it may; worth another try."""

    code = StatusProto.UNAVAILABLE


class ClosedError(ModelServerError):
    """Raised when the server ends before it could answer anything; worth another try elsewhere."""

    code = StatusProto.UNAVAILABLE


class DeadlineError(ModelServerError):
    """Raised when the caller's deadline passed while the request waited for its turn."""

    code = StatusProto.DEADLINE_EXCEEDED


class InferenceError(ModelServerError):
    """Raised when the model itself failed on inputs that fit its signature."""

    code = StatusProto.INTERNAL


class EngineError(InferenceError):
    """Raised when the engine refused inputs that its signature did not describe, or failed; with its own code."""

    def __init__(self, message: str, code: StatusProto.Code) -> None:
        super().__init__(message)
        self.code = code


class DataLossError(ModelServerError):
    """Raised when a file is damaged."""

    code = StatusProto.DATA_LOSS


class LoadError(ModelServerError):
    """Raised when a version's folder holds nothing that can be served."""

    code = StatusProto.FAILED_PRECONDITION


class NotRunnableError(LoadError):
    """Raised when a version is whole, but what would run it is not installed."""

    def __init__(self, message: str, description: Servable | None) -> None:
        """`description`: What its files tell of it, to be served until something runs; None where that is nothing."""
        super().__init__(message)
        self.description = description


class ConfigError(ModelServerError):
    """Raised when a file that configures the server cannot be read or understood."""

    code = StatusProto.INVALID_ARGUMENT


class UnavailableModelsError(ModelServerError):
    """Raised when models of a new configuration could not be loaded; the configuration is in effect all the same."""

    code = StatusProto.UNKNOWN


class ListenError(ModelServerError):
    """Raised when the server cannot listen where it was told to."""

    code = StatusProto.UNAVAILABLE
