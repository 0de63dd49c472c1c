"""The consumer loop: draws entries, gives them to workers, and survives the faults of Redis.

Order of work: its own unfinished entries, then those of dead consumers, then new ones. An entry is acknowledged in the
step that writes its output; until then it is pending, and nobody can lose it.
"""

import logging
import math
import threading
from collections.abc import Callable, Sequence

import redis
from redis.exceptions import NoPermissionError

from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.health import Health
from tears.kit.overload.overload_watch import OverloadWatch
from tears.kit.redis_client import (
    NO_STREAM_SECONDS,
    READ_BLOCK_SECONDS,
    is_away,
    is_group_missing,
    is_passing,
    is_refused_key,
    why,
)
from tears.kit.streams.delivery import Handler, StageConfig
from tears.kit.streams.entry_work import EntryWork
from tears.kit.streams.ledger import Ledger
from tears.kit.streams.quick_work import MOST_PER_ROUND_TRIP, QuickWork
from tears.kit.streams.stage_metrics import StageMetrics
from tears.kit.streams.workers import Workers

logger = logging.getLogger(__name__)

# How often a full output is checked again.
_FULL_OUTPUT_PAUSE_SECONDS = 0.02
# How many times as many entries are drawn as can begin at once, at most, while none needs any work.
_MOST_DRAW_TIMES = 16


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
        """Do nothing yet.

        `streams` returns the streams to read; it is called again at every turn, about once a second if nothing comes.
        `health` gets heartbeats, and the state of the dependency `redis`. No entry is drawn while the output holds
        `output_capacity` entries; None never pauses.
        """
        self._config = config
        self._streams = streams
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        self._output_capacity = output_capacity
        self._ledger = Ledger(client, config, metrics)
        self._readable: list[str] = []
        self._overload = OverloadWatch(
            client,
            group=config.group,
            consumer=config.consumer,
            limit_seconds=config.overload_seconds,
            claim_idle_seconds=config.claim_idle_seconds,
            streams=lambda: self._readable,
            clock=clock,
        )
        overload = self._overload if math.isfinite(config.overload_seconds) else None
        self._quick_work = QuickWork(
            ledger=self._ledger, handler=handler, overload=overload, metrics=metrics, health=health, clock=clock
        )
        work = EntryWork(
            ledger=self._ledger,
            handler=handler,
            overload=overload,
            metrics=metrics,
            health=health,
            clock=clock,
            delivery_cap=config.delivery_cap,
            stop=stop,
        )
        self._workers = Workers(work, config.in_flight, config.group, metrics)
        # So many times as many entries are drawn as can begin at once.
        self._draw_times = 1
        self._joined: set[str] = set()
        # Streams that could not be read, because their keys hold something else.
        self._left_out: set[str] = set()
        self._is_first_refusal = True
        # An entry is held four times before others may claim it, so no wait may be longer than that.
        self._hold_seconds = config.claim_idle_seconds / 4
        self._wait_seconds = min(READ_BLOCK_SECONDS, self._hold_seconds)
        self._hold_at_seconds = 0.0
        self._claim_at_seconds = 0.0
        health.expect("redis")

    def run(self) -> None:
        """Block until `stop` is set and every entry that has begun is finished, or left pending. Call it once.

        Raises:
            redis.RedisError: Redis refused in a way that no wait cures; `stop` is set then too.
        """
        backoff = Backoff()
        with self._workers:
            try:
                while not self._stop.is_set():
                    self._health.beat()
                    try:
                        self._turn()
                    except redis.RedisError as error:
                        self._recover(error, backoff)
                    else:
                        self._health.answered("redis")
                        self._is_first_refusal = True
                        backoff.reset()
            finally:
                # Also after an error: workers that wait for a dependency would keep the process alive forever.
                self._stop.set()

    def _turn(self) -> None:
        streams = self._readable = self._join(self._streams())
        self._hold()
        if self._quick_work.is_due:
            # Meanwhile some of what waits may have become too old.
            self._workers.add(self._quick_work.finish(self._workers.take_waiting()))
        if not streams:
            # What was drawn before waits for no other stream.
            self._workers.begin()
            self._clock.wait(self._stop, NO_STREAM_SECONDS)
        elif self._workers.free() <= 0:
            self._workers.wait_for_free(min(self._wait_seconds, self._quick_work.next_look_seconds))
        elif self._is_output_full():
            self._metrics.paused_seconds.inc(_FULL_OUTPUT_PAUSE_SECONDS)
            self._clock.wait(self._stop, _FULL_OUTPUT_PAUSE_SECONDS)
        elif not self._workers.begin() and self._claim(streams):
            self._draw(streams)

    def _recover(self, error: redis.RedisError, backoff: Backoff) -> None:
        # A reply with entries of ours may have been lost on its way, so look for them again.
        self._joined.clear()
        if is_group_missing(error):
            logger.warning("Redis has lost its streams; making the groups again")
            return
        if is_refused_key(error) and self._is_first_refusal:
            # The next turn joins every stream anew, and so finds out which of them is the cause.
            self._is_first_refusal = False
            return
        if not is_passing(error):
            raise error
        self._metrics.redis_failures.inc()
        self._health.failed("redis", why(error))
        if not (is_away(error) and self._health.is_starting("redis")):
            logger.warning("Redis does not answer: %s", why(error))
        self._clock.wait(self._stop, backoff.next_seconds())

    def _join(self, streams: Sequence[str]) -> list[str]:
        """Make missing groups, and begin what an earlier run of this consumer left unfinished.

        Returns:
            The streams that can be read: a room whose key holds another type must not make the other rooms deaf. If
            none can, there is nothing to do until an operator mends a key.
        """
        if self._joined.issuperset(streams):
            return list(streams)
        readable = []
        for stream in streams:
            try:
                self._join_one(stream)
            except redis.ResponseError as error:
                if not is_refused_key(error):
                    raise
                self._leave_out(stream, error)
            else:
                readable.append(stream)
                if stream in self._left_out:
                    self._left_out.remove(stream)
                    self._health.answered(stream)
        return readable

    def _join_one(self, stream: str) -> None:
        if stream in self._joined:
            return
        try:
            unfinished = self._ledger.own_pending(stream, self._workers)
        except redis.ResponseError as error:
            if not is_group_missing(error):
                raise
            self._ledger.create_group(stream)
        else:
            self._workers.add(unfinished)
        self._joined.add(stream)

    def _leave_out(self, stream: str, error: redis.ResponseError) -> None:
        if stream not in self._left_out:
            is_forbidden = isinstance(error, NoPermissionError)
            cure = "allow this user of Redis to read it" if is_forbidden else "delete or rename this key"
            logger.error("%s is left out: %s; %s", stream, why(error), cure)
            self._left_out.add(stream)
        self._health.failed(stream, why(error))

    def _claim(self, streams: Sequence[str]) -> bool:
        """Take entries over from dead consumers, twice in `claim_idle_seconds`; no more than can begin at once.

        Returns:
            False if there may be more: then the next turn claims again before anything new is drawn.
        """
        now = self._clock.monotonic_seconds()
        if now < self._claim_at_seconds:
            return True
        is_all = True
        for stream in streams:
            free = self._workers.free()
            claimed = self._ledger.claim(stream, free) if free > 0 else []
            self._workers.add(claimed)
            self._workers.begin()
            self._ledger.remove_idle_consumers(stream)
            self._ledger.remove_finished(stream)
            is_all = is_all and len(claimed) < free
        if is_all:
            self._claim_at_seconds = now + self._config.claim_idle_seconds / 2
        return is_all

    def _draw(self, streams: Sequence[str]) -> None:
        free = self._workers.free()
        if free <= 0:
            return
        # More than one round trip finishes would only be held in memory, with up to 220 KB each.
        most = max(free, min(free * self._draw_times, MOST_PER_ROUND_TRIP))
        # At least one from each stream, or a busy microphone would starve the others.
        count = max(1, most // len(streams))
        own = self._overload.own_streams(streams)
        drawn = self._ledger.draw(own, count) if len(own) < len(streams) else []
        drawn = drawn or self._ledger.draw(streams, count, self._wait_seconds)
        left = self._quick_work.finish(drawn)
        # What needs no work comes in long runs: there was too much to do.
        self._draw_times = 1 if left or not drawn else min(2 * self._draw_times, _MOST_DRAW_TIMES)
        self._workers.add(left)
        self._workers.begin()

    def _hold(self) -> None:
        """Keep slow entries from looking like those of a dead consumer."""
        now = self._clock.monotonic_seconds()
        if now < self._hold_at_seconds:
            return
        for stream, entry_ids in self._workers.entry_ids().items():
            # Nobody can claim from a key that holds something else, and to ask for it would stop the other streams.
            if stream not in self._left_out:
                self._ledger.hold(stream, entry_ids)
        self._hold_at_seconds = now + self._hold_seconds

    def _is_output_full(self) -> bool:
        if self._output_capacity is None:
            return False
        # Read before the output: an entry that is finished between the two reads then counts twice, instead of not at
        # all.
        unfinished = self._workers.begun()
        told = self._ledger.told_output_length()
        if told is not None and unfinished + told < self._output_capacity:
            return False
        try:
            length = self._ledger.output_length()
        except redis.ResponseError as error:
            if not is_refused_key(error):
                raise
            # What begins now could not be finished either.
            self._health.failed("redis writes", f"{self._config.output}: {why(error)}")
            return True
        return unfinished + length >= self._output_capacity
