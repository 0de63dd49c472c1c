"""The threads that look at the models' folders, and at the file that says which models there are."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Watcher:
    """Looks again and again, in a thread of its own."""

    def __init__(self, what: str, look: Callable[[], None], *, interval_seconds: float) -> None:
        """Starts nothing.

        Args:
            what: It looks at, for the log.
            look: Called once a round, by nobody else at the same time.
            interval_seconds: Between two rounds.
        """
        self._what = what
        self._look = look
        self._interval_seconds = interval_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {what}", daemon=True)

    def start(self) -> None:
        """The first round is one interval away."""
        self._thread.start()

    def stop(self, timeout_seconds: float) -> bool:
        """Begins no further round; blocks until one that is under way has ended, and returns whether it has in time."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_seconds):
            try:
                self._look()
            except Exception:  # the loop's edge: a round that fails must not end the watching
                logger.exception("looking at %s failed; the next round tries again", self._what)
