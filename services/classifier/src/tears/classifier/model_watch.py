"""Keeps an eye on the model while no window comes, so that readiness tells the truth from the first second."""

from __future__ import annotations

import logging
import threading

from tears.classifier.predictor import Predictor
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.errors import KitError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 10.0


class ModelWatch(threading.Thread):
    """Asks for the model's contract until there is one, and looks again every 10 s; ends with `stop`."""

    def __init__(self, predictor: Predictor, clock: Clock, stop: threading.Event) -> None:
        super().__init__(name="model-watch", daemon=True)
        self._predictor = predictor
        self._clock = clock
        self._stop_event = stop

    def run(self) -> None:
        """See `threading.Thread`."""
        backoff = Backoff()
        said = ""
        while not self._stop_event.is_set():
            try:
                self._predictor.learn()
            except KitError as error:
                if str(error) != said:
                    said = str(error)
                    logger.warning("no model yet: %s", error)
                self._clock.wait(self._stop_event, backoff.next_seconds())
            else:
                backoff.reset()
                self._clock.wait(self._stop_event, LOOK_SECONDS)
