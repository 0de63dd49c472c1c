"""The thread that looks at the models' folders."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from tears.model_server.model import Model

logger = logging.getLogger(__name__)


class Watcher:
    """Polls the models, one after another, and tells a listener after each round."""

    def __init__(self, models: Sequence[Model], *, interval_seconds: float, after_poll: Callable[[], None]) -> None:
        """Starts nothing.

        Args:
            models: What to poll; nobody else may.
            interval_seconds: Between two rounds; 0 makes the first the only one.
            after_poll: Called after each round, in the thread that polled.
        """
        self._models = models
        self._interval_seconds = interval_seconds
        self._after_poll = after_poll
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Polls once in the caller's thread, blocking while models load, then goes on in a thread of its own."""
        self._round()
        if self._interval_seconds:
            self._thread.start()

    def stop(self) -> None:
        """Blocks until a round that is under way has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_seconds):
            try:
                self._round()
            except Exception:  # the loop's edge: a round that fails must not end the watching
                logger.exception("looking for new versions failed; the next round tries again")

    def _round(self) -> None:
        for model in self._models:
            model.poll()
        self._after_poll()
