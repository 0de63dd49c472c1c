"""Wait for a condition with a deadline; no test sleeps."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# What comes at all comes far sooner, but not on a machine that is busy with other things.
DEADLINE_SECONDS = 60.0
LOOK_SECONDS = 0.005
# The pause between two calls grows to this share of the time that has passed, so that a long wait leaves the processor
# to what is waited for.
_LOOK_SHARE = 0.02
_LONGEST_LOOK_SECONDS = 0.25


def wait_until(
    condition: Callable[[], T],
    deadline_seconds: float = DEADLINE_SECONDS,
    *,
    describe: str | Callable[[], str] = "",
    look_seconds: float = LOOK_SECONDS,
) -> T:
    """Block until `condition()` is true, calling it every few milliseconds at first, and return its result.

    Args:
        condition: Any callable.
        deadline_seconds: How long to wait.
        describe: The awaited condition, for the error; or a function that returns it, called when the time is over.
        look_seconds: Least time between two calls.

    Raises:
        TimeoutError: The condition did not come true in time.
    """
    never = threading.Event()
    began_at_seconds = time.monotonic()
    while True:
        called_at_seconds = time.monotonic()
        result = condition()
        if result:
            return result
        now_seconds = time.monotonic()
        if now_seconds >= began_at_seconds + deadline_seconds:
            described = describe() if callable(describe) else describe
            raise TimeoutError(f"not within {deadline_seconds:g} s: {described or condition}")
        # An expensive condition takes at most half of a processor.
        pause_seconds = max(now_seconds - called_at_seconds, _LOOK_SHARE * (now_seconds - began_at_seconds))
        never.wait(max(look_seconds, min(pause_seconds, _LONGEST_LOOK_SECONDS)))
