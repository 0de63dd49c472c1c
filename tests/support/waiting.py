"""Wait for a condition with a deadline; no test sleeps."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# What comes at all comes far sooner, but not on a machine that is busy with other things.
DEADLINE_SECONDS = 60.0
LOOK_SECONDS = 0.005


def wait_until(
    condition: Callable[[], T],
    deadline_seconds: float = DEADLINE_SECONDS,
    *,
    describe: str | Callable[[], str] = "",
    look_seconds: float = LOOK_SECONDS,
) -> T:
    """Block until `condition()` is true, calling it every few milliseconds, and return its result.

    Args:
        condition: Any callable.
        deadline_seconds: How long to wait.
        describe: The awaited condition, for the error; or a function that returns it, called when the time is over.
        look_seconds: Time between two calls; longer if a call is expensive.

    Raises:
        TimeoutError: The condition did not come true in time.
    """
    never = threading.Event()
    ends_at_seconds = time.monotonic() + deadline_seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= ends_at_seconds:
            described = describe() if callable(describe) else describe
            raise TimeoutError(f"not within {deadline_seconds:g} s: {described or condition}")
        never.wait(look_seconds)
