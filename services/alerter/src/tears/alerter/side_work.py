"""What the loop does beside alerts: whatever breaks in it is logged and counted, and the round goes on."""

import logging
from collections.abc import Callable
from typing import TypeVar

import redis

from tears.alerter.metrics import AlerterMetrics
from tears.kit.health import Health
from tears.kit.redis_client import is_passing, why

logger = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT")


class SideWork:
    """Guards the loop against its own side work."""

    def __init__(self, metrics: AlerterMetrics, health: Health) -> None:
        self._metrics = metrics
        self._health = health
        # What was logged of each, because a loop that breaks does so many times a second.
        self._logged: dict[str, str] = {}
        self._refused: set[str] = set()

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

    def ask(self, subject: str, question: Callable[[], AnswerT], no_answer: AnswerT) -> AnswerT:
        """Return the answer to a question on which no alert depends; `no_answer` if Redis refuses it."""
        try:
            answer = question()
        except redis.ResponseError as error:
            if is_passing(error):
                raise
            if subject not in self._refused:
                logger.warning("Redis says nothing about %s: %s; listening goes on without", subject, why(error))
            self._refused.add(subject)
            return no_answer
        self._refused.discard(subject)
        return answer
