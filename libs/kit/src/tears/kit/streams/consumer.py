"""The consumer loop: draws entries, hands them to workers, and survives everything around it.

Order of work: own unfinished entries, then those of the dead, then new ones. An entry is acknowledged in the step that
writes its output; until then it is pending and nobody can lose it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import redis

from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.health import Health
from tears.kit.redis_client import READ_BLOCK_SECONDS, is_group_missing, is_passing, why
from tears.kit.streams.delivery import Delivery, Handler, StageConfig
from tears.kit.streams.handling import Handling, Outcome
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
            streams: names the streams to read; asked again at every turn, about once a second where nothing comes.
            handler: the work.
            metrics: what to count.
            health: told of progress, and of the dependency `redis`.
            clock: for waits and intervals.
            stop: ends the loop; entries in hand are finished first.
            output_capacity: no entry is drawn while the output holds this many; None: never pause.
        """
        self._config = config
        self._streams = streams
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        self._output_capacity = output_capacity
        self._ledger = Ledger(client, config, metrics)
        self._handling = Handling(
            ledger=self._ledger,
            handler=handler,
            delivery_cap=config.delivery_cap,
            metrics=metrics,
            health=health,
            clock=clock,
            stop=stop,
        )
        # Two streams may give one id to an entry each: only both together identify it.
        self._in_hand: dict[tuple[str, bytes], Delivery] = {}
        self._freed = threading.Condition()
        self._joined: set[str] = set()
        # An entry is held four times in the time after which others may take it, and no wait is longer than that.
        self._hold_seconds = config.claim_idle_seconds / 4
        self._wait_seconds = min(READ_BLOCK_SECONDS, self._hold_seconds)
        self._hold_at_seconds = 0.0
        self._inspect_at_seconds = 0.0
        health.expect("redis")

    def run(self) -> None:
        """Blocks until `stop` is set and what is in hand is finished, or handed back by leaving it pending.

        Raises:
            redis.RedisError: Redis refused in a way that no waiting cures; `stop` is set then too.
        """
        backoff = Backoff()
        with ThreadPoolExecutor(self._config.in_flight, thread_name_prefix=self._config.group) as workers:
            try:
                while not self._stop.is_set():
                    self._health.beat()
                    try:
                        self._turn(workers)
                    except redis.RedisError as error:
                        self._recover(error, backoff)
                    else:
                        self._health.answered("redis")
                        backoff.reset()
            finally:
                # Also on the way out of an error: workers that wait for a dependency would keep the process for ever.
                self._stop.set()

    def _turn(self, workers: ThreadPoolExecutor) -> None:
        streams = list(self._streams())
        self._join(streams, workers)
        self._hold()
        if not streams:
            self._clock.wait(self._stop, READ_BLOCK_SECONDS)
        elif self._free() <= 0:
            with self._freed:
                self._freed.wait_for(lambda: self._free() > 0, self._wait_seconds)
        elif self._is_output_full():
            self._metrics.paused_seconds.inc(PAUSE_SECONDS)
            self._clock.wait(self._stop, PAUSE_SECONDS)
        elif self._inspect(streams, workers):
            self._draw(streams, workers)

    def _recover(self, error: redis.RedisError, backoff: Backoff) -> None:
        # Whatever happened: a reply with entries of ours may have been lost on its way. Look again.
        self._joined.clear()
        if is_group_missing(error):
            logger.warning("Redis has lost its streams; making the groups again")
            return
        if not is_passing(error):
            raise error
        self._metrics.redis_failures.inc()
        self._health.failed("redis", why(error))
        logger.warning("Redis does not answer: %s", why(error))
        self._clock.wait(self._stop, backoff.next_seconds())

    def _join(self, streams: Sequence[str], workers: ThreadPoolExecutor) -> None:
        """Makes missing groups and takes up what an earlier life of this process left behind."""
        for stream in streams:
            if stream in self._joined:
                continue
            try:
                unfinished = self._ledger.own_pending(stream, self._in_hand)
            except redis.ResponseError as error:
                if not is_group_missing(error):
                    raise
                self._ledger.create_group(stream)
            else:
                self._begin(unfinished, workers)
            self._joined.add(stream)

    def _inspect(self, streams: Sequence[str], workers: ThreadPoolExecutor) -> bool:
        """Takes over from the dead, every half of their time limit; no more than can be begun at once.

        Returns:
            False if there may be more: then the next turn goes on with it, before anything new is drawn.
        """
        now = self._clock.monotonic_seconds()
        if now < self._inspect_at_seconds:
            return True
        is_all = True
        for stream in streams:
            free = self._free()
            claimed = self._ledger.claim(stream, free) if free > 0 else []
            self._begin(claimed, workers)
            self._ledger.remove_idle_consumers(stream)
            is_all = is_all and len(claimed) < free
        if is_all:
            self._inspect_at_seconds = now + self._config.claim_idle_seconds / 2
        return is_all

    def _draw(self, streams: Sequence[str], workers: ThreadPoolExecutor) -> None:
        free = self._free()
        if free > 0:
            # At least one of each stream, or a busy microphone would starve the others.
            self._begin(self._ledger.draw(streams, max(1, free // len(streams)), self._wait_seconds), workers)

    def _hold(self) -> None:
        """Keeps slow entries from being taken for those of a dead consumer."""
        now = self._clock.monotonic_seconds()
        if now < self._hold_at_seconds:
            return
        with self._freed:
            in_hand = list(self._in_hand)
        for stream in {stream for stream, _ in in_hand}:
            self._ledger.hold(stream, [entry_id for of, entry_id in in_hand if of == stream])
        self._hold_at_seconds = now + self._hold_seconds

    def _is_output_full(self) -> bool:
        if self._output_capacity is None:
            return False
        # Counted first: what is finished between the two looks counts twice then, and never not at all.
        on_its_way = len(self._in_hand)
        return on_its_way + self._ledger.output_length() >= self._output_capacity

    def _free(self) -> int:
        return self._config.in_flight - len(self._in_hand)

    def _begin(self, deliveries: Sequence[Delivery], workers: ThreadPoolExecutor) -> None:
        for delivery in deliveries:
            key = (delivery.stream, delivery.entry_id)
            with self._freed:
                if key in self._in_hand:  # our own, claimed back while we were slow
                    continue
                self._in_hand[key] = delivery
                self._metrics.in_flight.set(len(self._in_hand))
            workers.submit(self._attend, delivery)

    def _attend(self, delivery: Delivery) -> None:
        """Runs in a worker."""
        outcome: Outcome = "pending"
        try:
            with self._metrics.handling_seconds.time():
                outcome = self._handling.handle(delivery)
        except Exception:
            # The edge of the loop: whatever is wrong with one entry must not end the others'.
            logger.exception("entry %s of %s is left pending", delivery.entry_id.decode(), delivery.stream)
        finally:
            self._metrics.entries.labels(outcome).inc()
            with self._freed:
                del self._in_hand[delivery.stream, delivery.entry_id]
                self._metrics.in_flight.set(len(self._in_hand))
                self._freed.notify()
