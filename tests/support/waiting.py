"""Waiting for a condition, with a deadline; no test sleeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LOOK_SECONDS = 0.005


def wait_until(
    condition: Callable[[], T],
    deadline_seconds: float = 10.0,
    *,
    describe: str | Callable[[], str] = "",
    look_seconds: float = LOOK_SECONDS,
) -> T:
    """Blocks until `condition()` is true, looking every few milliseconds, and returns what it said.

    Args:
        condition: any callable; its result is returned once it is true.
        deadline_seconds: how long to look.
        describe: what was waited for, said in the error; or what says it, called when the time is over.
        look_seconds: how often to look, where a look costs much.

    Raises:
        TimeoutError: the condition did not come true in time.
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
