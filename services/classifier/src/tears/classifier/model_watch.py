"""Watches the model while no window comes, so that /readyz is right from the first second."""

import logging
import threading

from tears.classifier.predictor import Predictor
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.errors import KitError

logger = logging.getLogger(__name__)

MODEL_LOOK_SECONDS = 10.0


class ModelWatch(threading.Thread):
    """Asks for the model's contract until there is one, then looks again every 10 s; ends with `stop`."""

    def __init__(self, predictor: Predictor, clock: Clock, stop: threading.Event) -> None:
        super().__init__(name="model-watch", daemon=True)
        self._predictor = predictor
        self._clock = clock
        self._stop_event = stop

    def run(self) -> None:
        """Ask until `stop` is set; log each new reason why there is no model."""
        backoff = Backoff()
        logged = ""
        while not self._stop_event.is_set():
            try:
                self._predictor.learn_contract()
            except KitError as error:
                if str(error) != logged:
                    logged = str(error)
                    logger.warning("no model yet: %s", error)
                self._clock.wait(self._stop_event, backoff.next_seconds())
            else:
                backoff.reset()
                self._clock.wait(self._stop_event, MODEL_LOOK_SECONDS)
