"""One entry from hand to acknowledgement, whatever its handler and Redis do meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Literal

import redis

from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.errors import DependencyError, UnprocessableError
from tears.kit.health import Health
from tears.kit.redis_client import is_passing, why
from tears.kit.streams.delivery import Delivery, Handler
from tears.kit.streams.ledger import Ledger
from tears.kit.streams.stage_metrics import StageMetrics

logger = logging.getLogger(__name__)

# How an entry ended: finished, buried, finished by somebody else or gone, or left for the next life of this consumer.
Outcome = Literal["done", "dead", "lost", "pending"]


class Handling:
    """What a worker does with an entry. Thread-safe as far as the handler is."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        handler: Handler,
        delivery_cap: int,
        metrics: StageMetrics,
        health: Health,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._ledger = ledger
        self._handler = handler
        self._delivery_cap = delivery_cap
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        # Set when something could not be finished before the stop: then what has not begun does not begin either.
        self._gave_up = threading.Event()

    def handle(self, delivery: Delivery) -> Outcome:
        """Blocks until the entry is finished; or, once `stop` is set, until it would have to wait."""
        if self._gave_up.is_set():
            return "pending"
        backoff = Backoff()
        poison = UnprocessableError(f"begun {delivery.deliveries - 1} times and never finished")
        attempts = delivery.deliveries
        while attempts <= self._delivery_cap:
            try:
                outputs = self._insist(delivery, lambda: self._handler.handle(delivery))
            except UnprocessableError as error:
                poison = error
                break
            except Exception as error:  # noqa: BLE001 - a fault of ours in one entry; tried again up to the cap
                self._retry(delivery, "error", error)
                poison = UnprocessableError(f"begun {attempts} times; at last: {error!r}")
                attempts += 1
                if attempts <= self._delivery_cap and self._waits_in_vain(backoff):
                    return "pending"
            else:
                return "pending" if outputs is None else self._finish(delivery, outputs)
        return self._bury(delivery, poison)

    def _bury(self, delivery: Delivery, poison: UnprocessableError) -> Outcome:
        reason = str(poison) or type(poison).__name__
        logger.error("entry %s of %s is dead: %s", delivery.entry_id.decode(), delivery.stream, reason)
        tombstones: Sequence[bytes] | None = ()
        try:
            tombstones = self._insist(delivery, lambda: self._handler.bury(delivery, poison))
        except Exception:
            # Without a tombstone, but with a dead letter: trying for ever would lose it just the same.
            logger.exception("entry %s of %s has no tombstone", delivery.entry_id.decode(), delivery.stream)
        return "pending" if tombstones is None else self._finish(delivery, tombstones, reason)

    def _insist(self, delivery: Delivery, make: Callable[[], Sequence[bytes]]) -> Sequence[bytes] | None:
        """Calls `make` again and again while something that it needs is away; None if the stop comes first."""
        backoff = Backoff()
        uncounted = False
        while True:
            try:
                return make()
            except DependencyError as error:
                self._retry(delivery, "dependency", error)
                uncounted = uncounted or self._uncount(delivery)
            except redis.RedisError as error:
                if not is_passing(error):
                    raise
                self._retry(delivery, "dependency", error)
                uncounted = uncounted or self._uncount(delivery)
            if self._waits_in_vain(backoff):
                return None

    def _finish(self, delivery: Delivery, outputs: Sequence[bytes], reason: str = "") -> Outcome:
        backoff = Backoff()
        uncounted = False
        while True:
            try:
                is_ours = self._ledger.finish(delivery, outputs, reason)
                break
            except redis.RedisError as error:
                if not is_passing(error):
                    raise
                self._metrics.redis_failures.inc()
                # A dependency of its own: a full Redis refuses this and answers the reader all the same.
                self._health.failed("redis writes", why(error))
                entry_id = delivery.entry_id.decode()
                logger.warning("entry %s of %s is not finished: %s", entry_id, delivery.stream, why(error))
                uncounted = uncounted or self._uncount(delivery)
            if self._waits_in_vain(backoff):
                return "pending"
        self._health.answered("redis writes")
        if not is_ours:
            return "lost"
        self._metrics.outputs.inc(len(outputs))
        return "dead" if reason else "done"

    def _uncount(self, delivery: Delivery) -> bool:
        """Takes this delivery off the entry's count: it says nothing against the entry that something else is away."""
        try:
            self._ledger.hold(delivery.stream, [delivery.entry_id], deliveries=delivery.deliveries - 1)
        except redis.RedisError as error:
            logger.debug("entry %s of %s stays counted: %s", delivery.entry_id.decode(), delivery.stream, error)
            return False
        return True

    def _waits_in_vain(self, backoff: Backoff) -> bool:
        """Blocks until the next attempt; whether the stop has come first."""
        if self._clock.wait(self._stop, backoff.next_seconds()):
            self._gave_up.set()
            return True
        return False

    def _retry(self, delivery: Delivery, cause: str, error: Exception) -> None:
        self._metrics.retries.labels(cause).inc()
        if cause == "error":
            logger.error("entry %s of %s: %r", delivery.entry_id.decode(), delivery.stream, error, exc_info=error)
        else:
            logger.warning("entry %s of %s waits: %s", delivery.entry_id.decode(), delivery.stream, error)
