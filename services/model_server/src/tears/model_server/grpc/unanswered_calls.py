"""The RPCs that have no answer yet: the end of the server waits for them, and refuses new ones."""

import threading
from collections.abc import Callable
from typing import Protocol


class Call(Protocol):
    """The part of gRPC's context that reports the end of an RPC."""

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Call `callback` when the RPC has ended; False, and no call, if it has ended already."""


class UnansweredCalls:
    """Counts RPCs until their reply has been sent or their caller has given up. Thread-safe.

    That differs from the data plane's admission, which counts a request until its thread is free again.
    """

    def __init__(self) -> None:
        self._count = 0
        self._is_closed = False
        self._changed = threading.Condition()

    def track(self, call: Call) -> bool:
        """Count an RPC until it has ended; False, and nothing is counted, if it came after `close`."""
        with self._changed:
            if self._is_closed:
                return False
            self._count += 1
        if not call.add_callback(self._end):
            self._end()
        return True

    def close(self) -> None:
        """Count no further RPCs."""
        with self._changed:
            self._is_closed = True

    def wait_until_answered(self, timeout_seconds: float) -> bool:
        """Block until every tracked RPC has ended; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._count, timeout_seconds)

    def _end(self) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()
