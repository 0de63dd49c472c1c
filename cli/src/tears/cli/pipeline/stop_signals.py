"""Turn Ctrl-C, SIGTERM and a closed terminal into an event, so that a command drains at a safe point."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from types import FrameType

from tears.kit.shutdown import stop_signals

_Handler = Callable[[int, FrameType | None], None]


def stop_event_on_signals() -> threading.Event:
    """Return an event that is set soon after the first signal; the second one raises KeyboardInterrupt, others nothing.

    A KeyboardInterrupt could come between the start of a process and the line that remembers the process, and so leave
    it behind. A second one could interrupt the tidying up after the first.
    """
    stop = threading.Event()
    # The handler must not set the event itself: it may run while this thread holds the event's lock.
    asked: SimpleQueue[None] = SimpleQueue()
    count = 0

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count == 1:
            asked.put(None)
        elif count == 2:  # noqa: PLR2004 - the second signal
            raise KeyboardInterrupt

    def relay() -> None:
        asked.get()
        stop.set()

    threading.Thread(target=relay, name="signals", daemon=True).start()
    _handle(on_signal)
    return stop


@contextlib.contextmanager
def stop_event_in_block() -> Iterator[threading.Event]:
    """Yield such an event, and restore the signals' handlers when the block ends."""
    before = {number: signal.getsignal(number) for number in stop_signals()}
    try:
        yield stop_event_on_signals()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Hurry:
    """Says whether somebody is waiting impatiently for the end."""

    def __init__(self, *, is_asked: bool) -> None:
        self.is_asked = is_asked


@contextlib.contextmanager
def tidying_up(*, is_hurried: bool = False) -> Iterator[Hurry]:
    """Let no signal interrupt the block, which ends processes and deletes their files.

    A signal sets the yielded flag instead, and raises KeyboardInterrupt after the block. With `is_hurried` the flag is
    set from the beginning.
    """
    hurry = Hurry(is_asked=is_hurried)
    if threading.current_thread() is not threading.main_thread():
        yield hurry
        return
    was_asked = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal was_asked
        hurry.is_asked = was_asked = True

    before = {number: signal.getsignal(number) for number in stop_signals()}
    _handle(on_signal)
    try:
        yield hurry
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if was_asked:
        raise KeyboardInterrupt


def _handle(on_signal: _Handler) -> None:
    for number in stop_signals():
        signal.signal(number, on_signal)
