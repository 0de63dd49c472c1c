"""How long to wait before trying again."""

from __future__ import annotations

import random

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 5.0
# Beyond this many doublings the longest wait has long been reached, and a float would overflow one day.
MOST_DOUBLINGS = 10


class Backoff:
    """Doubles from 0.1 s to 5 s (or another longest), with jitter so that replicas do not come back in step."""

    def __init__(self, randomness: random.Random | None = None, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._randomness = randomness or random.Random()
        self._longest_seconds = longest_seconds
        self._attempts = 0

    def next_seconds(self) -> float:
        """The wait before the next attempt: between half and the whole of the doubled step."""
        step = min(FIRST_SECONDS * 2.0**self._attempts, self._longest_seconds)
        self._attempts = min(self._attempts + 1, MOST_DOUBLINGS)
        return step * self._randomness.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Starts again from the shortest wait; call it after a success."""
        self._attempts = 0
