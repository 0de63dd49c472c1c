"""Whether Redis has read the users of this release, for /readyz and the log."""

import logging
from typing import Final

import redis

from tears.kit.access.rules_check import has_other_rules
from tears.kit.clock import Clock
from tears.kit.health import Health

logger = logging.getLogger(__name__)

RULES_FAULT: Final = (
    "Redis has the users of another release and may refuse what this one does; start Redis again, so that it reads "
    "its new users"
)
_RULES: Final = "redis users"
_RULES_LOOK_SECONDS: Final = 60.0


class RulesWatch:
    """Looks once after each start of Redis, and every minute while something is wrong. One thread uses it."""

    def __init__(self, client: redis.Redis, health: Health, clock: Clock) -> None:
        """Ask nothing yet."""
        self._redis = client
        self._health = health
        self._clock = clock
        self._look_at_seconds = float("-inf")
        self._is_wrong = False

    def look(self) -> None:
        """Look if it is time to. If Redis does not answer, that is for others to say."""
        now = self._clock.monotonic_seconds()
        if now < self._look_at_seconds:
            return
        try:
            is_wrong = has_other_rules(self._redis)
        except redis.RedisError:
            self._look_at_seconds = now + _RULES_LOOK_SECONDS
            return
        was_wrong, self._is_wrong = self._is_wrong, is_wrong
        self._look_at_seconds = now + _RULES_LOOK_SECONDS if self._is_wrong else float("inf")
        if self._is_wrong:
            self._health.failed(_RULES, RULES_FAULT)
            if not was_wrong:
                logger.warning(RULES_FAULT)
        elif was_wrong:
            self._health.answered(_RULES)

    def redis_was_away(self) -> None:
        """Look again when Redis is back: it may have been started with other users."""
        self._look_at_seconds = float("-inf")
