"""Receive the messages of RPCs, so that those which are still arriving take a bounded amount of memory together."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from tears.model_server.errors import BusyError, InvalidArgumentError

# How long an RPC waits until others have arrived.
MAX_WAIT_SECONDS: Final = 10.0
# While others wait, the message that has been arriving for the longest is given up after this time.
STALLED_AFTER_SECONDS: Final = 5.0
_STALLED_CHECK_SECONDS: Final = 0.1


class ArrivingCall(Protocol):
    """The part of gRPC's context that is needed here."""

    def time_remaining(self) -> float | None:
        """Return the seconds until the caller's deadline; None if there is none."""

    def cancel(self) -> object:
        """End the RPC."""


class MessageReceiver:
    """Receives as many messages at once as a budget has room for, whatever size they turn out to have. Thread-safe."""

    def __init__(self, message_bytes: int, budget_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Share `budget_bytes` among messages of at most `message_bytes`; one message is always received.

        The clock returns seconds and never goes back.
        """
        self.slots = max(1, budget_bytes // message_bytes)
        self._clock = clock
        self._changed = threading.Condition()
        # When each message began to arrive; the oldest is first.
        self._arriving: dict[ArrivingCall, float] = {}

    def receive(self, messages: Iterator[bytes], call: ArrivingCall) -> bytes:
        """Return the only message of an RPC; blocks until it has arrived.

        Raises:
            BusyError: Too many messages are arriving, and stayed so for `MAX_WAIT_SECONDS` or until the deadline.
            InvalidArgumentError: The caller has ended the RPC without a message.
        """
        with self.slot(call):
            message = next(messages, None)
        if message is None:
            raise InvalidArgumentError("the request has no message")
        return message

    @contextmanager
    def slot(self, call: ArrivingCall) -> Iterator[None]:
        """Hold one of the slots until the end of the block; blocks while none is free.

        Raises:
            BusyError: As for `receive`.
        """
        remaining_seconds = call.time_remaining()
        end_seconds = self._clock() + min(
            MAX_WAIT_SECONDS if remaining_seconds is None else remaining_seconds, MAX_WAIT_SECONDS
        )
        with self._changed:
            while len(self._arriving) >= self.slots:
                if self._clock() >= end_seconds:
                    raise BusyError(f"{self.slots} requests are still arriving, and no more are accepted; try again")
                self._give_up_stalled()
                self._changed.wait(_STALLED_CHECK_SECONDS)
            self._arriving[call] = self._clock()
        try:
            yield
        finally:
            with self._changed:
                del self._arriving[call]
                self._changed.notify()

    def _give_up_stalled(self) -> None:
        """Cancel the RPC whose message has been arriving for the longest; its thread then frees the slot."""
        oldest, begun_seconds = next(iter(self._arriving.items()))
        if self._clock() - begun_seconds >= STALLED_AFTER_SECONDS:
            oldest.cancel()
