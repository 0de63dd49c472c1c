"""The gate where requests wait until the first models have been loaded."""

import threading

from tears.model_server.errors import ClosedError, DeadlineError


class LoadingGate:
    """A gate that is closed at first, and then either opened or ended forever. Thread-safe."""

    def __init__(self) -> None:
        """Start closed: every request waits."""
        self._decided = threading.Event()
        self._is_ended = False

    @property
    def is_open(self) -> bool:
        """Whether requests pass without waiting."""
        return self._decided.is_set() and not self._is_ended

    def open(self) -> None:
        """Let all requests pass, those that wait and those that come."""
        self._decided.set()

    def end(self) -> None:
        """Refuse all requests, unless the gate has been opened."""
        if not self._decided.is_set():
            self._is_ended = True
            self._decided.set()

    def wait(self, timeout_seconds: float | None) -> None:
        """Block while the gate is closed, at most `timeout_seconds` (None: forever).

        Raises:
            DeadlineError: It stayed closed.
            ClosedError: It has ended.
        """
        if not self._decided.wait(timeout_seconds):
            raise DeadlineError("the deadline passed while models were being loaded")
        if self._is_ended:
            raise ClosedError("the server ends before its models were loaded")
