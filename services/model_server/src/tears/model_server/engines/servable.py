"""The seam to the back ends: a version of a model, loaded, whichever engine runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tears.model_server.wire.signatures import Signature
from tears.model_server.wire.tensors import Array


class Servable(Protocol):
    """One loaded version of a model. `run` may be called from many threads at once."""

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """The ways to call it, by name."""

    def run(
        self,
        signature_name: str,
        inputs: Mapping[str, Array],
        outputs: Sequence[str],
        *,
        timeout_seconds: float | None = None,
    ) -> dict[str, Array]:
        """Computes the named outputs; blocks until it has them.

        Args:
            signature_name: One of `signatures`.
            inputs: Arrays that fit it, one for each of its inputs; only read.
            outputs: Names of outputs of that signature.
            timeout_seconds: How long the call may wait for its turn; None is for ever.

        Raises:
            DeadlineError: Its turn did not come in time.
            InferenceError: The model failed.
        """

    def close(self) -> None:
        """Gives its memory back; nobody calls `run` any more."""


# From a version's folder. Raises LoadError, and says what the folder lacks.
Loader = Callable[[Path], Servable]
