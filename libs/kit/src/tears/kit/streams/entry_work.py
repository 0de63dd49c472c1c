"""Take one entry from its delivery to its acknowledgement, even if its handler or Redis fails meanwhile."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import redis

from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.errors import DependencyError, KitError, UnprocessableError
from tears.kit.health import Health
from tears.kit.overload.overload_rule import BEHIND_SECONDS
from tears.kit.overload.overload_watch import OverloadWatch
from tears.kit.redis_client import is_passing, why
from tears.kit.streams.delivery import Delivery, Handler, Outputs, ProvisionalOutputs
from tears.kit.streams.ledger import Ledger
from tears.kit.streams.stage_metrics import Outcome, StageMetrics

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, kw_only=True)
class EntryWork:
    """Handles entries, and buries those that cannot be handled. Thread-safe if the handler is."""

    ledger: Ledger
    handler: Handler
    delivery_cap: int
    metrics: StageMetrics
    health: Health
    clock: Clock
    stop: threading.Event
    # None gives up nothing.
    overload: OverloadWatch | None = None
    # Set when an entry could not be finished before the stop: then entries that have not begun do not begin either.
    _gave_up: threading.Event = field(default_factory=threading.Event, init=False)

    def handle(self, delivery: Delivery) -> Outcome:
        """Block until the entry is finished; or, once `stop` is set, until it would have to wait."""
        if self._gave_up.is_set():
            return "pending"
        self._note_begun(delivery)
        backoff = Backoff()
        poison = UnprocessableError(f"begun {delivery.deliveries - 1} times and never finished")
        attempts = delivery.deliveries
        while attempts <= self.delivery_cap:
            try:
                outputs = self._make_outputs(delivery, partial(self.handler.handle, delivery))
            except UnprocessableError as error:
                poison = error
                break
            except Exception as error:
                # A fault of ours in one entry: it is tried again, up to the cap.
                self.metrics.retries.labels("error").inc()
                logger.exception("entry %s of %s failed", delivery.entry_id.decode(), delivery.stream)
                poison = UnprocessableError(f"begun {attempts} times; the last error: {error!r}")
                attempts += 1
                if attempts <= self.delivery_cap and not self._wait(backoff):
                    return "pending"
            else:
                ended = "pending" if outputs is None else self._finish(delivery, outputs)
                if ended is not None:
                    return ended
                # What the handler remembered was not all: it makes them again, and asks Redis first.
                delivery = replace(delivery, may_guess=False)
        return self._bury(delivery, poison)

    def _note_begun(self, delivery: Delivery) -> None:
        if self.overload is None:
            return
        try:
            waited_seconds = self.overload.waited_seconds(delivery.entry_id)
            room = self.handler.room_of(delivery) if waited_seconds >= BEHIND_SECONDS else ""
        except (KitError, redis.RedisError) as error:
            # Its work shows the same fault.
            entry_id = delivery.entry_id.decode()
            logger.debug("it is not known how long entry %s of %s waited: %s", entry_id, delivery.stream, error)
            return
        if room is not None:
            self.overload.note_begun(room, waited_seconds)

    def _bury(self, delivery: Delivery, poison: UnprocessableError) -> Outcome:
        reason = str(poison) or type(poison).__name__
        logger.error("entry %s of %s is dead: %s", delivery.entry_id.decode(), delivery.stream, reason)
        tombstones: Outputs | None = ()
        try:
            tombstones = self._make_outputs(delivery, lambda: self.handler.bury(delivery, poison))
        except Exception:
            # It gets a dead letter but no tombstone. Trying forever would not save the entry either.
            logger.exception(
                "no tombstone could be made for entry %s of %s", delivery.entry_id.decode(), delivery.stream
            )
        buried = "pending" if tombstones is None else self._finish(delivery, tombstones, reason)
        return buried or "pending"

    def _finish(self, delivery: Delivery, outputs: Outputs, reason: str = "") -> Outcome | None:
        """Return how the entry ended; None if its provisional outputs were wrong, so that it has not ended."""

        def log_failure(error: Exception) -> None:
            self.metrics.redis_failures.inc()
            # A dependency of its own, because a full Redis refuses this while it still answers the reader.
            self.health.failed("redis writes", why(error))
            logger.warning(
                "entry %s of %s is not finished: %s", delivery.entry_id.decode(), delivery.stream, why(error)
            )

        finish = self._repeat(delivery, lambda: self.ledger.finish(delivery, outputs, reason), log_failure)
        if finish is None:
            return "pending"
        self.health.answered("redis writes")
        if finish != "written":
            return "lost" if finish == "lost" else None
        if isinstance(outputs, ProvisionalOutputs):
            outputs.confirm()
            outputs = outputs.bodies
        self.metrics.outputs.inc(len(outputs))
        return "dead" if reason else "done"

    def _make_outputs(self, delivery: Delivery, make: Callable[[], Outputs]) -> Outputs | None:
        def log_failure(error: Exception) -> None:
            self.metrics.retries.labels("dependency").inc()
            if not self.health.is_starting():
                logger.warning("entry %s of %s waits: %s", delivery.entry_id.decode(), delivery.stream, error)

        return self._repeat(delivery, make, log_failure)

    def _repeat(
        self, delivery: Delivery, action: Callable[[], ResultT], log_failure: Callable[[Exception], None]
    ) -> ResultT | None:
        """Call `action` until everything that it needs is there; return None if the stop comes first."""
        backoff = Backoff()
        is_uncounted = False
        while True:
            try:
                return action()
            except (DependencyError, redis.RedisError) as error:
                if isinstance(error, redis.RedisError) and not is_passing(error):
                    raise
                log_failure(error)
            if self.overload is not None:
                self.overload.note_hold_up()
            is_uncounted = is_uncounted or self._undo_delivery_count(delivery)
            if not self._wait(backoff):
                return None

    def _undo_delivery_count(self, delivery: Delivery) -> bool:
        """Count one delivery less, because the entry is not to blame; return whether that was possible."""
        try:
            self.ledger.hold(delivery.stream, [delivery.entry_id], deliveries=delivery.deliveries - 1)
        except redis.RedisError as error:
            logger.debug(
                "the delivery of entry %s of %s still counts as an attempt: %s",
                delivery.entry_id.decode(),
                delivery.stream,
                error,
            )
            return False
        return True

    def _wait(self, backoff: Backoff) -> bool:
        """Block until the next attempt; return False if the stop comes first."""
        if self.clock.wait(self.stop, backoff.next_seconds()):
            self._gave_up.set()
            return False
        return True
