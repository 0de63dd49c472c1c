"""Tell how far a long step is, and about how long it still takes."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

PROGRESS_EVERY_SECONDS: Final = 15.0
_ROUNDED_TO_SECONDS: Final = 10

_Item = TypeVar("_Item")


class Progress:
    """Prints lines such as "windows: 1200 of 16000, about 3 min left", at most one in 15 seconds.

    The remaining time assumes that the rest is as fast as what is done, so only count what really takes time.

    Args:
        total: How many parts the step has.
        what: The name of the parts.
        clock: Returns seconds that never go backwards.
    """

    def __init__(self, total: int, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._what, self._clock = total, what, clock
        self._done = 0
        self._began = self._printed = clock()

    def advance(self, count: int = 1) -> None:
        """Count parts that are done, and print a line if the last one was at least 15 seconds ago."""
        self._done += count
        now = self._clock()
        if now - self._printed < PROGRESS_EVERY_SECONDS or not 0 < self._done < self._total:
            return
        self._printed = now
        left_seconds = (now - self._began) * (self._total - self._done) / self._done
        print(f"{self._what}: {self._done} of {self._total}, {about(left_seconds)} left", flush=True)

    def over(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Yield the items, each of which is one part, and count each when the next one is asked for."""
        for item in items:
            yield item
            self.advance()


def about(seconds: float) -> str:
    """Return a duration in words: "about 40 s" below a minute and a half, "about 3 min" above."""
    if seconds < 90:  # noqa: PLR2004 (explained above)
        return f"about {max(1, math.ceil(seconds / _ROUNDED_TO_SECONDS)) * _ROUNDED_TO_SECONDS} s"
    return f"about {round(seconds / 60)} min"
