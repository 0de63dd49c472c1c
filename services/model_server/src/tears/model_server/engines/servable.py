"""The interface of every engine: one loaded version of a model."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tears.model_server.errors import LoadError
from tears.model_server.wire.signatures import Signature
from tears.model_server.wire.tensors import Array

# The inputs of a request by their names in the signature.
Arrays = Mapping[str, Array]


class Servable(Protocol):
    """One loaded version of a model. Several threads may call `run` at once."""

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """Return the signatures by name."""

    def run(
        self, signature_name: str, inputs: Arrays, outputs: Sequence[str], *, timeout_seconds: float | None = None
    ) -> dict[str, Array]:
        """Compute the named outputs, and block until they are there.

        Args:
            signature_name: One of `signatures`.
            inputs: One array for each input of that signature, with a dtype and a shape that fit. They are only read.
            outputs: Names of outputs of that signature.
            timeout_seconds: How long the call may wait for a free engine; None waits forever.

        Raises:
            DeadlineError: No engine became free in time.
            InferenceError: The model failed.
        """

    def close(self) -> None:
        """Free the memory. The caller makes sure that no `run` is under way and that none follows."""


# Loads a version's folder. Raises LoadError, which says what the folder lacks.
Loader = Callable[[Path], Servable]


class NotRunnableError(LoadError):
    """Raised when a version is complete, but the engine that would run it is not installed."""

    def __init__(self, message: str, description: Servable | None) -> None:
        """Keep what is missing, with the cure, and what serves the signatures until something can run the version.

        The description is None if the version's files do not contain its signatures.
        """
        super().__init__(message)
        self.description = description
