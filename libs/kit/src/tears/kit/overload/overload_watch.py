"""Measures, for one stage, how long an entry has waited and how much waits, and applies the overload rule."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import redis

from tears.kit.clock import Clock
from tears.kit.overload.overload_rule import OverloadRule

logger = logging.getLogger(__name__)

# How often Redis is asked for its clock; and, while there is too much to do, for what waits.
_ASK_SECONDS = 1.0
# What waits is borne, although it is late, if it is worked off in so many limits beside all that comes meanwhile: after
# an outage, each entry may hold a cry.
_CATCH_UP_LIMITS = 3
# How long a replica keeps to its part of the streams. A window looks back on 5 s.
_TURN_SECONDS = 15.0
# How long ago Redis may have been asked before, so that the difference says how much comes.
_MOST_BETWEEN_LOOKS_SECONDS = 10.0


def seconds_to_clear(
    waiting: int, done_per_second: float, arriving_per_second: float | None, catch_up_seconds: float
) -> float:
    """Return how long it takes to do all that waits; 0 if the stage catches up by itself, or nobody knows yet.

    A stage catches up if it is so much faster than what arrives that nothing waits any more after `catch_up_seconds`.
    """
    if arriving_per_second is None:
        return 0.0
    gained_per_second = done_per_second - arriving_per_second
    if waiting <= gained_per_second * catch_up_seconds:
        return 0.0
    return waiting / done_per_second


class OverloadWatch:
    """Says which entries a stage gives up. Thread-safe.

    Time is that of Redis, which gave the entries their ids: no clock of a recorder counts. A clock that was set back
    makes entries look new for as long, and then none is given up.

    Replicas decide for themselves, and need not agree: each entry is finished once. One that is idle for
    `claim_idle_seconds` is taken for dead, and not counted.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        group: str,
        consumer: str,
        limit_seconds: float,
        claim_idle_seconds: float,
        streams: Callable[[], Sequence[str]],
        clock: Clock,
    ) -> None:
        """Ask nothing yet; `streams` returns those that the stage reads."""
        self._redis = client
        self._group = group
        self._consumer = consumer
        self._claim_idle_seconds = claim_idle_seconds
        self._streams = streams
        self._clock = clock
        self._rule = OverloadRule(limit_seconds)
        self._catch_up_seconds = _CATCH_UP_LIMITS * limit_seconds
        self._lock = threading.Lock()
        # Add this to the monotonic clock to get that of Redis.
        self._to_redis_seconds = 0.0
        self._clock_at_seconds = float("-inf")
        # What the last look found, and how many entries were begun or given up here since then.
        self._looked_at_seconds = float("-inf")
        self._waiting_then = 0
        self._replicas = 1
        # The place of this consumer among them.
        self._rank = 0
        # Entries a second that come; None if it is not known.
        self._arriving: float | None = None
        self._decided = 0

    def note_hold_up(self) -> None:
        """Note that the work was held up by something that is away."""
        with self._lock:
            self._rule.note_hold_up()

    def waited_seconds(self, entry_id: bytes) -> float:
        """Return how long an entry has waited; raise redis-py's errors."""
        now = self._clock.monotonic_seconds()
        if now - self._clock_at_seconds >= _ASK_SECONDS:
            seconds, microseconds = self._redis.time()
            now = self._clock.monotonic_seconds()
            self._to_redis_seconds = seconds + microseconds / 1e6 - now
            self._clock_at_seconds = now
        return max(0.0, now + self._to_redis_seconds - int(entry_id.partition(b"-")[0]) / 1e3)

    def is_late(self, waited_seconds: float) -> bool:
        """Return whether an entry has waited for so long that it may be given up."""
        return self._rule.is_late(waited_seconds)

    def work_had(self, room: str) -> float:
        """Return how much work was done for a room: of several entries, ask first about those that have had most."""
        with self._lock:
            return self._rule.work_had(room)

    def note_begun(self, room: str, waited_seconds: float) -> None:
        """Note that an entry of a room is begun."""
        with self._lock:
            self._rule.note_begun(room, waited_seconds, self._clock.monotonic_seconds())
            self._decided += 1

    def gives_up(self, stream: str, room: str, waited_seconds: float) -> bool:
        """Decide about an entry that waits, as the rule does; raise redis-py's errors."""
        with self._lock:
            now = self._clock.monotonic_seconds()

            def clear_seconds(per_second: float) -> float:
                if now - self._looked_at_seconds >= _ASK_SECONDS:
                    self._look(stream, now)
                # The other replicas have decided as much since then.
                waiting = max(0, self._waiting_then - self._decided * self._replicas)
                # In an overload, what waits is no rest of an outage.
                catch_up_seconds = 0.0 if self._rule.is_overloaded(now) else self._catch_up_seconds
                return seconds_to_clear(waiting, per_second * self._replicas, self._arriving, catch_up_seconds)

            is_given_up = self._rule.gives_up(room, waited_seconds, now, clear_seconds)
            self._decided += is_given_up
            return is_given_up

    def own_streams(self, streams: Sequence[str]) -> Sequence[str]:
        """Return the streams that this replica should draw from, if they have anything; all if it does not matter.

        In an overload each replica keeps to a part of the streams, because it knows what came before in these. The
        replicas take turns at the parts: then no room has always the busiest, or one that has just died.
        """
        with self._lock:
            now = self._clock.monotonic_seconds()
            if self._replicas < 2 or not self._rule.is_overloaded(now):  # noqa: PLR2004 - there is nothing to share
                return streams
            turn = int((now + self._to_redis_seconds) // _TURN_SECONDS)
            return streams[(self._rank + turn) % self._replicas :: self._replicas] or streams

    def _look(self, stream: str, now: float) -> None:
        """Ask how many entries are unfinished in all streams, and how many consumers work."""
        streams = self._streams()
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.xinfo_consumers(stream, self._group)
            for one in streams:
                pipeline.xlen(one)
                pipeline.xinfo_groups(one)
            found: Any = pipeline.execute(raise_on_error=False)
        consumers = [] if isinstance(found[0], redis.RedisError) else found[0]
        idle_milliseconds = self._claim_idle_seconds * 1e3
        alive = sorted(one["name"].decode() for one in consumers if one["idle"] < idle_milliseconds)
        self._replicas = max(1, len(alive))
        self._rank = alive.index(self._consumer) if self._consumer in alive else 0
        pairs = zip(found[1::2], found[2::2], strict=True)
        waiting = sum(self._unfinished(length, groups) for length, groups in pairs)
        seconds = now - self._looked_at_seconds
        came = waiting - self._waiting_then + self._decided * self._replicas
        self._arriving = max(0.0, came / seconds) if seconds <= _MOST_BETWEEN_LOOKS_SECONDS else None
        self._looked_at_seconds, self._waiting_then, self._decided = now, waiting, 0

    def _unfinished(self, length: Any, groups: Any) -> int:
        """Return how many entries of one stream are unfinished; none of a stream that cannot be read."""
        if isinstance(length, redis.RedisError) or isinstance(groups, redis.RedisError):
            return 0
        for group in groups:
            if group["name"] == self._group.encode():
                # Redis does not know the lag after some deletions.
                lag = length if group["lag"] is None else group["lag"]
                return int(lag) + int(group["pending"])
        return int(length)
