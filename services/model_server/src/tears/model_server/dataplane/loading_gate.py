"""Where requests wait until the first models have been loaded."""

from __future__ import annotations

import threading

from tears.model_server.errors import ClosedError, DeadlineError


class Gate:
    """Closed at first, then open for good, or closed for good. Thread-safe."""

    def __init__(self) -> None:
        """Closed; whoever comes waits."""
        self._decided = threading.Event()
        self._is_ended = False

    @property
    def is_open(self) -> bool:
        """Whether nobody has to wait."""
        return self._decided.is_set() and not self._is_ended

    def open(self) -> None:
        """Lets through who waits and who comes."""
        self._decided.set()

    def end(self) -> None:
        """Turns away who waits and who comes, if it has not been opened."""
        if not self._decided.is_set():
            self._is_ended = True
            self._decided.set()

    def pass_through(self, timeout_seconds: float | None) -> None:
        """Blocks while it is closed, at most so long (None: for ever).

        Raises:
            DeadlineError: It stayed closed.
            ClosedError: It will not be opened.
        """
        if not self._decided.wait(timeout_seconds):
            raise DeadlineError("the deadline passed while models were being loaded")
        if self._is_ended:
            raise ClosedError("the server ends before its models were loaded")
