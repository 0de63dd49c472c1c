"""The consumer loop: draws entries, hands them to a handler, finishes them, and survives everything around it.

Order of work: own unfinished entries, then those of the dead, then new ones. An entry is acknowledged in the step that
writes its output; until then it is pending and nobody can lose it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import redis
from redis.exceptions import ResponseError

from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.errors import DependencyError, UnprocessableError
from tears.kit.health import Health
from tears.kit.redis_client import BLOCK_SECONDS, PASSING_FAULTS
from tears.kit.streams.delivery import Delivery, Handler, StageConfig
from tears.kit.streams.ledger import Ledger
from tears.kit.streams.stage_metrics import StageMetrics

logger = logging.getLogger(__name__)

# How often a full output is looked at again.
PAUSE_SECONDS = 0.02


class Consumer:
    """Runs one stage until `stop` is set."""

    def __init__(
        self,
        *,
        client: redis.Redis,
        config: StageConfig,
        streams: Callable[[], Sequence[str]],
        handler: Handler,
        metrics: StageMetrics,
        health: Health,
        clock: Clock,
        stop: threading.Event,
        output_capacity: int | None = None,
    ) -> None:
        """Wires; touches nothing yet.

        Args:
            client: the Redis to work on.
            config: how to draw.
            streams: names the streams to read; asked again about once a second.
            handler: the work.
            metrics: what to count.
            health: told of progress, and of the dependency `redis`.
            clock: for waits and intervals.
            stop: ends the loop; entries in hand are finished first.
            output_capacity: no entry is drawn while the output holds this many; None: never pause.
        """
        self._config = config
        self._streams = streams
        self._handler = handler
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        self._output_capacity = output_capacity
        self._ledger = Ledger(client, config, metrics)
        self._slots = threading.Semaphore(config.in_flight)
        self._in_hand: dict[bytes, Delivery] = {}
        self._in_hand_lock = threading.Lock()
        self._grouped: set[str] = set()
        self._inspect_at_seconds = 0.0
        self._hold_at_seconds = 0.0
        health.expect("redis")

    def run(self) -> None:
        """Blocks until `stop` is set and what is in hand is finished, or handed back by leaving it pending."""
        backoff = Backoff()
        with ThreadPoolExecutor(self._config.in_flight, thread_name_prefix=self._config.group) as workers:
            while not self._stop.is_set():
                self._health.beat()
                try:
                    self._turn(workers)
                except PASSING_FAULTS as error:
                    self._redis_failed(error)
                    self._clock.wait(self._stop, backoff.next_seconds())
                except ResponseError as error:
                    if not str(error).startswith("NOGROUP"):
                        raise
                    logger.warning("Redis has lost its streams; making the groups again")
                    self._grouped.clear()
                else:
                    self._health.answered("redis")
                    backoff.reset()

    def _turn(self, workers: ThreadPoolExecutor) -> None:
        streams = list(self._streams())
        self._join(streams, workers)
        self._hold()
        if not streams:
            self._clock.wait(self._stop, BLOCK_SECONDS)
            return
        if self._is_output_full():
            self._metrics.paused_seconds.inc(PAUSE_SECONDS)
            self._clock.wait(self._stop, PAUSE_SECONDS)
            return
        self._inspect(streams, workers)
        free = self._config.in_flight - len(self._in_hand)
        if free <= 0:
            self._wait_for_slot()
            return
        drawn = self._ledger.draw(streams, max(1, free // len(streams)), BLOCK_SECONDS)
        self._begin(drawn, workers)

    def _join(self, streams: Sequence[str], workers: ThreadPoolExecutor) -> None:
        """Makes missing groups and takes up what an earlier life of this process left behind."""
        for stream in streams:
            if stream in self._grouped:
                continue
            self._ledger.create_group(stream)
            self._begin(self._ledger.own_pending(stream, self._in_hand), workers)
            self._grouped.add(stream)

    def _inspect(self, streams: Sequence[str], workers: ThreadPoolExecutor) -> None:
        """Takes over from the dead, every half of their time limit."""
        now = self._clock.monotonic_seconds()
        if now < self._inspect_at_seconds:
            return
        self._inspect_at_seconds = now + self._config.claim_idle_seconds / 2
        for stream in streams:
            self._begin(self._ledger.claim(stream), workers)
            self._ledger.remove_idle_consumers(stream)

    def _hold(self) -> None:
        """Keeps slow entries from being taken for those of a dead consumer."""
        now = self._clock.monotonic_seconds()
        if now < self._hold_at_seconds:
            return
        self._hold_at_seconds = now + self._config.claim_idle_seconds / 3
        with self._in_hand_lock:
            deliveries = list(self._in_hand.values())
        for stream in {delivery.stream for delivery in deliveries}:
            self._ledger.hold(stream, [one.entry_id for one in deliveries if one.stream == stream])

    def _is_output_full(self) -> bool:
        return self._output_capacity is not None and self._ledger.output_length() >= self._output_capacity

    def _wait_for_slot(self) -> None:
        if self._slots.acquire(timeout=BLOCK_SECONDS):
            self._slots.release()

    def _begin(self, deliveries: Sequence[Delivery], workers: ThreadPoolExecutor) -> None:
        for delivery in deliveries:
            with self._in_hand_lock:
                if delivery.entry_id in self._in_hand:  # our own, claimed back while we were slow
                    continue
                self._in_hand[delivery.entry_id] = delivery
            self._metrics.in_flight.inc()
            while not self._slots.acquire(timeout=BLOCK_SECONDS):
                self._health.beat()
                self._hold()
            workers.submit(self._attend, delivery)

    def _attend(self, delivery: Delivery) -> None:
        """One entry from hand to acknowledgement; runs in a worker."""
        try:
            with self._metrics.handling_seconds.time():
                self._handle(delivery)
        except Exception:
            # The edge of the loop: whatever is wrong with one entry must not end the others'. It stays pending.
            logger.exception("entry %s of %s is left pending", delivery.entry_id.decode(), delivery.stream)
            self._metrics.entries.labels("pending").inc()
        finally:
            with self._in_hand_lock:
                self._in_hand.pop(delivery.entry_id, None)
            self._metrics.in_flight.dec()
            self._slots.release()

    def _handle(self, delivery: Delivery) -> None:
        backoff = Backoff()
        attempts = delivery.deliveries
        while True:
            try:
                outputs = self._outputs(delivery, attempts)
            except (DependencyError, *PASSING_FAULTS) as error:
                self._retry(delivery, "dependency", error)
            except UnprocessableError as error:
                self._bury(delivery, error)
                return
            except Exception as error:  # noqa: BLE001 - a fault of ours in one entry; tried again up to the cap
                attempts += 1
                self._retry(delivery, "error", error)
            else:
                self._finish(delivery, outputs, error="")
                return
            if self._clock.wait(self._stop, backoff.next_seconds()):
                return

    def _outputs(self, delivery: Delivery, attempts: int) -> Sequence[bytes]:
        if attempts > self._config.delivery_cap:
            raise UnprocessableError(f"begun {attempts} times and never finished")
        return self._handler.handle(delivery)

    def _bury(self, delivery: Delivery, error: UnprocessableError) -> None:
        logger.error("entry %s of %s is dead: %s", delivery.entry_id.decode(), delivery.stream, error)
        self._finish(delivery, self._handler.bury(delivery, error), error=str(error) or type(error).__name__)

    def _finish(self, delivery: Delivery, outputs: Sequence[bytes], error: str) -> None:
        backoff = Backoff()
        while True:
            try:
                ours = self._ledger.finish(delivery, outputs, error)
            except PASSING_FAULTS as fault:
                self._redis_failed(fault)
                if self._clock.wait(self._stop, backoff.next_seconds()):
                    return
            else:
                break
        if ours:
            self._metrics.entries.labels("dead" if error else "done").inc()
            self._metrics.outputs.inc(len(outputs))
        else:
            self._metrics.entries.labels("lost").inc()

    def _retry(self, delivery: Delivery, cause: str, error: Exception) -> None:
        self._metrics.retries.labels(cause).inc()
        if cause == "error":
            logger.error("entry %s of %s: %r", delivery.entry_id.decode(), delivery.stream, error, exc_info=error)
        else:
            logger.warning("entry %s of %s waits: %s", delivery.entry_id.decode(), delivery.stream, error)

    def _redis_failed(self, error: Exception) -> None:
        self._metrics.redis_failures.inc()
        self._health.failed("redis", str(error))
        # Entries of ours may have been lost or handed to others meanwhile: look again once it answers.
        self._grouped.clear()
        logger.warning("Redis does not answer: %s", error)
