"""How many requests are worked on, which is bounded, and which have no answer yet, which the end waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from tears.model_server.errors import BusyError

MAX_BYTES: Final = 256 * 1024 * 1024


class Call(Protocol):
    """The part of gRPC's context that tells when an RPC has ended."""

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Has `callback` called when the RPC has ended; False, and no call, where it has ended already."""


class Admission:
    """Counts requests twice, since they begin and end twice.

    Work on a request ends when its thread is free again, though its reply has yet to be sent. The RPC ends when the
    reply has been sent or the caller has given up, though a thread may still be working for nobody.
    """

    def __init__(self, limit: int, limit_bytes: int = MAX_BYTES) -> None:
        """Lets `limit` requests, of `limit_bytes` together, be worked on at once."""
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._running = 0
        self._running_bytes = 0
        self._unanswered = 0
        self._changed = threading.Condition()

    @contextmanager
    def enter(self, size_bytes: int = 0) -> Iterator[None]:
        """The work on one request, from here to the end of the block; never waits.

        Args:
            size_bytes: What the request takes in memory. One that is greater than the limit is worked on alone.

        Raises:
            BusyError: As many, or as much, as the limit allows are being worked on.
        """
        with self._changed:
            if self._running >= self._limit:
                raise BusyError(f"{self._limit} requests are in flight, and no more are taken on")
            if self._running_bytes and self._running_bytes + size_bytes > self._limit_bytes:
                raise BusyError(f"requests of {self._running_bytes} bytes are in flight, too many for this one beside")
            self._running += 1
            self._running_bytes += size_bytes
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._running_bytes -= size_bytes

    @contextmanager
    def grow(self, size_bytes: int) -> Iterator[None]:
        """A request that has entered takes so much more memory, from here to the end of the block; never waits.

        Raises:
            BusyError: With all others it would be more than the limit allows. One that is worked on alone may grow.
        """
        with self._changed:
            if size_bytes and self._running > 1 and self._running_bytes + size_bytes > self._limit_bytes:
                raise BusyError(f"requests of {self._running_bytes} bytes are in flight, too many for this one to grow")
            self._running_bytes += size_bytes
        try:
            yield
        finally:
            with self._changed:
                self._running_bytes -= size_bytes

    def track(self, call: Call) -> None:
        """Counts an RPC as unanswered until it has ended."""
        with self._changed:
            self._unanswered += 1
        if not call.add_callback(self._end):
            self._end()

    def wait_until_answered(self, timeout_seconds: float) -> bool:
        """Blocks until every tracked RPC has ended; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._unanswered, timeout_seconds)

    def _end(self) -> None:
        with self._changed:
            self._unanswered -= 1
            self._changed.notify_all()
