"""Stop a process in good order: a signal, or a closed standard input, asks it to drain."""

import logging
import os
import signal
import threading
from queue import SimpleQueue
from types import FrameType

logger = logging.getLogger(__name__)


def stop_signals() -> list[signal.Signals]:
    """Return the signals that ask for an end: SIGTERM, SIGINT, and SIGHUP, which says that the terminal was closed.

    `nohup` ignores SIGHUP for a program that is to survive its terminal; then it is not among them.
    """
    survives_terminal = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGTERM, signal.SIGINT, *([] if survives_terminal else [signal.SIGHUP])]


def stop_on_signals(stop: threading.Event) -> None:
    """Set `stop` soon after the first of `stop_signals`; exit at once, with 128 + the signal's number, at the second.

    Call it from the main thread, because Python delivers signals nowhere else.
    """
    # A handler runs between two steps of the main thread. If that waits for `stop`, it may hold the event's own lock,
    # and setting the event in the handler would wait for that lock forever. The queue is safe to use there.
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
    for number in stop_signals():
        signal.signal(number, on_signal)


def stop_on_closed_stdin(stop: threading.Event) -> None:
    """Set `stop` when standard input is closed: by the process that started this one, or by its death.

    Such a process need not send a signal. Where a service manager signals both, that would be the second, which exits
    at once and loses what is in memory.
    """

    def watch() -> None:
        while os.read(0, 4_096):
            pass
        logger.info("standard input is closed: draining")
        stop.set()

    threading.Thread(target=watch, name="stdin", daemon=True).start()
