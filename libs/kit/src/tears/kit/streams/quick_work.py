"""Finish entries that need no work, many in one round trip: tombstones, and what is given up because of overload.

Beyond capacity most entries are of this kind. If each took a round trip of its own, as an entry with work does, little
would be left for the others.
"""

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

import redis

from tears.kit.clock import Clock
from tears.kit.health import Health
from tears.kit.overload.overload_watch import OverloadWatch
from tears.kit.redis_client import why
from tears.kit.streams.delivery import Delivery, Handler, Outputs, ProvisionalOutputs
from tears.kit.streams.ledger import Finish, Ledger
from tears.kit.streams.stage_metrics import Outcome, StageMetrics

logger = logging.getLogger(__name__)

FoundT = TypeVar("FoundT")

# So many entries take Redis about 2 ms, in which it does little else.
MOST_PER_ROUND_TRIP = 32
# How often entries that wait for a worker are looked at again.
_WAITING_LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class _QuickEntry:
    delivery: Delivery
    outputs: Outputs
    outcome: Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class _LateEntry:
    delivery: Delivery
    room: str
    waited_seconds: float
    work_had: float


class QuickWork:
    """Finds entries that need no work, and finishes them. Used by one thread.

    Whatever fails here, the entry is left for a worker: then its work shows the same fault.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        handler: Handler,
        overload: OverloadWatch | None,
        metrics: StageMetrics,
        health: Health,
        clock: Clock,
    ) -> None:
        """Without `overload` nothing is given up."""
        self._ledger = ledger
        self._handler = handler
        self._overload = overload
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._look_at_seconds = -math.inf

    @property
    def is_due(self) -> bool:
        """Return whether entries that wait may have become too old since the last look."""
        return self.next_look_seconds <= 0

    @property
    def next_look_seconds(self) -> float:
        """Return the time until `is_due`, in seconds; infinite if nothing is ever given up."""
        if self._overload is None:
            return math.inf
        return max(0.0, self._look_at_seconds - self._clock.monotonic_seconds())

    def finish(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Finish the entries that need no work; return the others, in the order in which they should begin."""
        self._look_at_seconds = self._clock.monotonic_seconds() + _WAITING_LOOK_SECONDS
        left = {(one.stream, one.entry_id): one for one in deliveries}
        try:
            self._finish_all(map(self._passed_on, deliveries), left)
            late = self._late_entries(list(left.values()))
            # Each that is given up makes room for the next: first the oldest of rooms that have had the most.
            most_first = sorted(late, key=lambda one: one.work_had, reverse=True)
            self._finish_all(map(self._given_up, most_first), left)
        except redis.RedisError as error:
            # Each further entry would wait for Redis as well.
            logger.debug("%d entries are left to the workers: %s", len(left), why(error))
            return list(left.values())
        first = {(one.delivery.stream, one.delivery.entry_id): one.delivery for one in late}
        return [one for key, one in (first | left).items() if key in left]

    def _passed_on(self, delivery: Delivery) -> _QuickEntry | None:
        outputs = self._try(delivery, self._handler.pass_on)
        return None if outputs is None else _QuickEntry(delivery=delivery, outputs=outputs, outcome="done")

    def _late_entries(self, deliveries: Sequence[Delivery]) -> list[_LateEntry]:
        """Return the entries that may be given up, first those of rooms that have had the least, then the oldest."""
        overload = self._overload
        if overload is None:
            return []
        late = []
        for delivery in deliveries:
            waited_seconds = overload.waited_seconds(delivery.entry_id)
            room = self._try(delivery, self._handler.room_of) if overload.is_late(waited_seconds) else None
            if room is not None:
                had = overload.work_had(room)
                late.append(_LateEntry(delivery=delivery, room=room, waited_seconds=waited_seconds, work_had=had))
        return sorted(late, key=lambda one: (one.work_had, -one.waited_seconds))

    def _given_up(self, late: _LateEntry) -> _QuickEntry | None:
        delivery = late.delivery
        if self._overload is None or not self._overload.gives_up(delivery.stream, late.room, late.waited_seconds):
            return None
        give_up = partial(self._handler.give_up, detail=f"it had waited for {late.waited_seconds:.1f} s")
        outputs = self._try(delivery, give_up)
        return None if outputs is None else _QuickEntry(delivery=delivery, outputs=outputs, outcome="overloaded")

    def _try(self, delivery: Delivery, ask: Callable[[Delivery], FoundT]) -> FoundT | None:
        """Return the handler's answer; None if it fails, which the worker logs and counts; raise redis-py's errors."""
        try:
            return ask(delivery)
        except redis.RedisError:
            raise
        except Exception as error:  # noqa: BLE001 - one bad entry must not stop the others
            logger.debug("entry %s of %s is left to a worker: %s", delivery.entry_id.decode(), delivery.stream, error)
            return None

    def _finish_all(self, found: Iterable[_QuickEntry | None], left: dict[tuple[str, bytes], Delivery]) -> None:
        """Finish these entries, and remove from `left` those that have ended; raise redis-py's errors."""
        quick = iter([one for one in found if one is not None])
        while batch := list(islice(quick, MOST_PER_ROUND_TRIP)):
            began_seconds = self._clock.monotonic_seconds()
            finishes = self._ledger.finish_all([(one.delivery, one.outputs) for one in batch])
            seconds = self._clock.monotonic_seconds() - began_seconds
            for one, finish in zip(batch, finishes, strict=True):
                if finish in {"written", "lost"}:
                    self._note_end(one, finish, seconds)
                    del left[one.delivery.stream, one.delivery.entry_id]
                    self._health.answered("redis writes")

    def _note_end(self, one: _QuickEntry, finish: Finish | None, seconds: float) -> None:
        outputs = one.outputs
        if finish == "written":
            if isinstance(outputs, ProvisionalOutputs):
                outputs.confirm()
                outputs = outputs.bodies
            self._metrics.outputs.inc(len(outputs))
        self._metrics.entries.labels(one.outcome if finish == "written" else "lost").inc()
        self._metrics.handling_seconds.observe(seconds)
