"""The bound on the requests that are in flight: how many, and how much memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tears.model_server.errors import BusyError

MAX_BYTES_IN_FLIGHT: Final = 256 * 1024 * 1024


class Admission:
    """Counts the requests that are worked on, until their threads are free again. Thread-safe."""

    def __init__(self, limit: int, limit_bytes: int = MAX_BYTES_IN_FLIGHT) -> None:
        """Allow `limit` requests, of `limit_bytes` together, at once."""
        self.limit = limit
        self._limit_bytes = limit_bytes
        self._running = 0
        self._running_bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def enter(self, size_bytes: int = 0) -> Iterator[None]:
        """Count one request until the end of the block; never waits. One above the limit of bytes is worked on alone.

        Raises:
            BusyError: As many requests, or as many bytes, as the limit allows are in flight.
        """
        with self._lock:
            if self._running >= self.limit:
                raise BusyError(f"{self.limit} requests are in flight, and no more are accepted; try again")
            if self._running_bytes and self._running_bytes + size_bytes > self._limit_bytes:
                raise BusyError(
                    f"requests of {self._running_bytes} bytes are in flight, too many to accept this one; try again"
                )
            self._running += 1
            self._running_bytes += size_bytes
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                self._running_bytes -= size_bytes

    @contextmanager
    def grow(self, size_bytes: int) -> Iterator[None]:
        """Count more memory for a request that has entered, until the end of the block; never waits.

        Raises:
            BusyError: Together with all others it would be more than the limit allows. The only request may grow.
        """
        with self._lock:
            if size_bytes and self._running > 1 and self._running_bytes + size_bytes > self._limit_bytes:
                raise BusyError(
                    f"requests of {self._running_bytes} bytes are in flight, too many for this one to grow; try again"
                )
            self._running_bytes += size_bytes
        try:
            yield
        finally:
            with self._lock:
                self._running_bytes -= size_bytes
