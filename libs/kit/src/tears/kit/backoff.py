"""Compute how long to wait before the next attempt."""

import random

FIRST_BACKOFF_SECONDS = 0.1
LONGEST_BACKOFF_SECONDS = 5.0
# After this many doublings the longest wait has long been reached, and a float would overflow one day.
_MOST_DOUBLINGS = 10


class Backoff:
    """A wait that doubles from 0.1 s to 5 s, or to another limit.

    Jitter keeps replicas from trying again at the same moments.
    """

    def __init__(
        self, randomness: random.Random | None = None, longest_seconds: float = LONGEST_BACKOFF_SECONDS
    ) -> None:
        # Made with the first wait: most work never waits, and to seed a generator takes longer than all the rest here.
        self._randomness = randomness
        self._longest_seconds = longest_seconds
        self._attempts = 0

    def next_seconds(self) -> float:
        """Return the wait before the next attempt: between half and all of the doubled step."""
        step = min(FIRST_BACKOFF_SECONDS * 2.0**self._attempts, self._longest_seconds)
        self._attempts = min(self._attempts + 1, _MOST_DOUBLINGS)
        if self._randomness is None:
            self._randomness = random.Random()
        return step * self._randomness.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Start again from the shortest wait; call it after a success."""
        self._attempts = 0
