"""Signals: the first asks for a drained stop, the second ends the process."""

from __future__ import annotations

import logging
import os
import signal
import threading
from types import FrameType

logger = logging.getLogger(__name__)


def stop_on_signals(stop: threading.Event) -> None:
    """Sets `stop` at the first SIGTERM or SIGINT; exits at once, with 128 + the signal's number, at the second.

    Call it from the main thread: Python delivers signals nowhere else.
    """

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        logger.info("%s: draining; a second signal exits at once", signal.Signals(number).name)
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
