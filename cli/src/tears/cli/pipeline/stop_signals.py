"""Turn Ctrl-C and SIGTERM into an event, so that a command drains when it has reached a safe point."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


def stop_event_on_signals() -> threading.Event:
    """Return an event that the first SIGINT or SIGTERM sets; a second signal raises KeyboardInterrupt.

    A KeyboardInterrupt could come between the start of a process and the line that remembers the process, and so leave
    it behind.
    """
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    return stop


@contextlib.contextmanager
def stop_event_in_block() -> Iterator[threading.Event]:
    """Yield such an event, and restore the signals' handlers when the block ends."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop_event_on_signals()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
