"""A thread that repeats a check, such as looking for new versions."""

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Watcher:
    """Repeat one check in a thread of its own, and never twice at the same time. Log lines name its subject."""

    def __init__(self, subject: str, check: Callable[[], None], *, interval_seconds: float) -> None:
        """Prepare the thread, and do not start it; it pauses for the interval between two rounds."""
        self.subject = subject
        self.interval_seconds = interval_seconds
        self._check = check
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {subject}", daemon=True)

    def start(self) -> None:
        """Start; the first round begins after one interval."""
        self._thread.start()

    def stop(self, timeout_seconds: float) -> bool:
        """Begin no further round, and wait until the current one has ended.

        Returns:
            Whether it ended in time.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.wait(self.interval_seconds):
            try:
                self._check()
            except Exception:  # the loop's edge: a failed round must not end the thread
                logger.exception("checking %s failed; the next round tries again", self.subject)
