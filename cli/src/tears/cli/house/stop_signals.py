"""Ctrl-C and SIGTERM as a wish: what runs comes to a safe point first, and then drains."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


def stop_on_signals() -> threading.Event:
    """An event that the first SIGINT or SIGTERM sets; a second one interrupts at once.

    A KeyboardInterrupt out of nowhere could come between the start of a process and the note of its number, and leave
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
def signals_noted() -> Iterator[threading.Event]:
    """The same for as long as the block lasts."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop_on_signals()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
