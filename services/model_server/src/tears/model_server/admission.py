"""How many requests are in flight: a bound, and a way to wait until there are none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tears.model_server.errors import BusyError


class Admission:
    """Lets at most `limit` requests in at once; whoever is over the limit is told at once, and never queued."""

    def __init__(self, limit: int) -> None:
        """Admits everybody until `limit` are inside."""
        self._limit = limit
        self._inside = 0
        self._changed = threading.Condition()

    @contextmanager
    def enter(self) -> Iterator[None]:
        """One request, from here to the end of the block.

        Raises:
            BusyError: As many as the limit allows are inside.
        """
        with self._changed:
            if self._inside >= self._limit:
                raise BusyError(f"{self._limit} requests are in flight, and no more are taken on")
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def wait_until_empty(self, timeout_seconds: float) -> bool:
        """Blocks until nobody is inside; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._inside, timeout_seconds)
