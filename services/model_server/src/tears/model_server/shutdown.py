"""Signals: the first asks for a drained stop, the second ends the process."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

logger = logging.getLogger(__name__)


def set_on_signals(stop: threading.Event) -> None:
    """Sets `stop` at the first SIGTERM or SIGINT and leaves the next to the system; call it from the main thread."""

    def on_signal(number: int, _: FrameType | None) -> None:
        stop.set()
        for again in (signal.SIGTERM, signal.SIGINT):
            signal.signal(again, signal.SIG_DFL)
        logger.info("%s: draining; a second signal ends at once", signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
