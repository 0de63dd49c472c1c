"""Signals: the first asks for a drained stop, the second ends the process."""

from __future__ import annotations

import logging
import os
import signal
import threading
from queue import SimpleQueue
from types import FrameType

logger = logging.getLogger(__name__)


def stop_on_signals(stop: threading.Event) -> None:
    """Sets `stop` soon after the first SIGTERM or SIGINT; exits at once, with 128 + the signal's number, at the second.

    Call it from the main thread: Python delivers signals nowhere else.
    """
    # A handler runs between two steps of whatever the main thread is doing. If that is waiting for `stop`, it may hold
    # the event's own lock, and setting the event right here would wait for it forever. This queue alone is safe.
    asked: SimpleQueue[int] = SimpleQueue()
    is_asked = False

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal is_asked
        if is_asked:
            os._exit(128 + number)
        is_asked = True
        asked.put(number)

    def relay() -> None:
        number = asked.get()
        logger.info("%s: draining; a second signal exits at once", signal.Signals(number).name)
        stop.set()

    threading.Thread(target=relay, name="signals", daemon=True).start()
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
