"""What the loop does beside alerts: whatever breaks in it is logged and counted, and the round goes on."""

import logging
from collections.abc import Callable

from tears.alerter.metrics import AlerterMetrics
from tears.kit.health import Health

logger = logging.getLogger(__name__)


class SideWork:
    """Guards the loop against its own side work."""

    def __init__(self, metrics: AlerterMetrics, health: Health) -> None:
        self._metrics = metrics
        self._health = health
        # What was logged of each, because a loop that breaks does so many times a second.
        self._logged: dict[str, str] = {}

    def do(self, name: str, step: Callable[[], object]) -> None:
        """Run a step that no alert needs; `name` is how the log, the metric and /readyz call it."""
        try:
            step()
        except Exception as error:
            if self._logged.get(name) != repr(error):
                logger.exception("%s has failed, and listening goes on", name)
            self._logged[name] = repr(error)
            self._metrics.side_failures.labels(name).inc()
            self._health.failed(name, str(error) or repr(error))
        else:
            if self._logged.pop(name, None) is not None:
                logger.info("%s works again", name)
                self._health.answered(name)
