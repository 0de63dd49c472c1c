"""The alerter's loop: reads detections, judges, saves, publishes, and survives everything around it.

What must be told is saved in the same commit as the place in the stream, and handed on only after it. While nothing is
to be told a commit can wait: whatever a death takes with it lies in the stream still and is read again. That spares an
SD card most of the writing.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Sequence

import redis

from tears.alerter.episodes.monitor_state import Now, Rules
from tears.alerter.metrics import DEAD, AlerterMetrics
from tears.alerter.notices.outbox import Dropped, Outbox
from tears.alerter.notices.retry import Courier
from tears.alerter.order.received_detection import Incoming, read_arrival
from tears.alerter.order.stream_position import check
from tears.alerter.redis_streams import Bulletin, DetectionStream, redis_memory
from tears.alerter.rooms import House
from tears.alerter.state import Changes, State
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.errors import MessageError
from tears.kit.health import Health
from tears.kit.redis_client import READ_BLOCK_SECONDS, why
from tears.kit.registry.mics import read_mics

logger = logging.getLogger(__name__)

# Of one read, and of one round of events.
MOST_ENTRIES = 256
# How long a commit may wait while nothing is to be told.
COMMIT_SECONDS = 5.0
# How often the registry and the stream's own numbers are looked at.
LOOK_SECONDS = 1.0


class Alerter:
    """Runs until `stop` is set."""

    def __init__(
        self,
        *,
        client: redis.Redis,
        state: State,
        outbox: Outbox,
        couriers: Sequence[Courier],
        rules: Rules,
        cry_label: str,
        metrics: AlerterMetrics,
        health: Health,
        clock: Clock,
        stop: threading.Event,
        block_seconds: float = READ_BLOCK_SECONDS,
    ) -> None:
        """Reads the state back.

        Raises:
            StateError: it cannot be read.
        """
        self._redis = client
        self._stream = DetectionStream(client)
        self._bulletin = Bulletin(client)
        self._state = state
        self._outbox = outbox
        self._couriers = couriers
        self._cry_label = cry_label
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        self._block_seconds = block_seconds
        saved = state.load()
        self._place = saved.place
        self._saved_place = saved.place
        self._house = House(rules, saved, metrics, self._now())
        self._strange_labels: tuple[str, ...] = ()
        self._captured_at_seconds: list[float] = []
        self._look_at_seconds = self._commit_at_seconds = float("-inf")
        self._is_state_failing = False
        self._has_events = True
        self._backoff = Backoff()
        self._commit_backoff = Backoff()

    def run(self) -> None:
        """Blocks until `stop` is set; then saves, and publishes what it can."""
        while not self._stop.is_set():
            self._health.beat()
            self.turn()
        self._save(at_once=True)
        self._publish()

    def turn(self) -> None:
        """One round: what there is to read, and the time that has passed."""
        try:
            entries = self._read()
        except redis.RedisError as error:
            self._redis_failed(error)
            self._house.wait_anew(self._now())
            self._house.check_hearing(self._now())
            self._save()
            self._clock.wait(self._stop, self._backoff.next_seconds())
            return
        self._backoff.reset()
        if len(entries) < MOST_ENTRIES:
            self._house.due(self._now())
        self._save()
        self._publish()

    def _now(self) -> Now:
        return Now(self._clock.monotonic_seconds(), self._clock.wall_seconds())

    def _read(self) -> list[tuple[str, bytes]]:
        self._look_around()
        entries = self._stream.read(self._place.entry_id, MOST_ENTRIES, self._block_seconds)
        for entry_id, body in entries:
            self._take(entry_id, body)
            self._place = self._place.after(entry_id, 1)
        if not entries:
            # A stream that gives nothing may be another one by now.
            self._look_at_seconds = float("-inf")
        return entries

    def _look_around(self) -> None:
        now = self._now()
        if now.monotonic_seconds < self._look_at_seconds:
            return
        verdict = check(self._place, self._stream.facts())
        if verdict.lost:
            logger.error("Redis has lost detections that were read; its stream is read from the beginning")
            self._metrics.stream_restarts.inc()
            self._house.show_all()
        if verdict.trimmed_unread:
            logger.error("%d detections were trimmed before they were read", verdict.trimmed_unread)
            self._metrics.trimmed_unread.inc(verdict.trimmed_unread)
        self._place = verdict.place
        memory = redis_memory(self._redis)
        self._metrics.redis_memory_bytes.set(memory.used_bytes)
        self._metrics.redis_memory_limit_bytes.set(memory.limit_bytes)
        mics = read_mics(self._redis)
        self._house.expect({mic: (record.session, record.state) for mic, record in mics.items()}, now)
        self._look_at_seconds = now.monotonic_seconds + LOOK_SECONDS

    def _take(self, entry_id: str, body: bytes) -> None:
        try:
            incoming = read_arrival(body, self._cry_label)
            self._check_labels(incoming)
            self._house.take(incoming, self._now())
        except MessageError as error:
            logger.error("entry %s is dead: %s", entry_id, error)  # noqa: TRY400 - the bytes are bad, not the code
            self._bury(entry_id, body, error)
        except Exception as error:
            # The edge of the loop: one entry that we cannot handle must not make us deaf to all that follow.
            logger.exception("entry %s is dead", entry_id)
            self._bury(entry_id, body, error)
        else:
            self._captured_at_seconds.append(incoming.arrival.heard.captured_at_seconds)

    def _bury(self, entry_id: str, body: bytes, error: Exception) -> None:
        self._stream.bury(entry_id, body, f"{type(error).__name__}: {error}")
        self._metrics.detections.labels(DEAD).inc()

    def _check_labels(self, incoming: Incoming) -> None:
        """Says once, not at each window, that the model knows no cry; it does when the label is set wrong."""
        is_scored = bool(incoming.labels) or incoming.arrival.heard.score is not None
        if not is_scored or incoming.labels == self._strange_labels:
            return
        self._strange_labels = incoming.labels
        if incoming.labels:
            reason = f"the model has no label {self._cry_label}, but {', '.join(incoming.labels)}"
            logger.error("%s; set TEARS_ALERTER_CRY_LABEL", reason)
            self._health.failed("model", reason)
        else:
            self._health.answered("model")

    def _save(self, *, at_once: bool = False) -> None:
        """Commits what is due."""
        now_seconds = self._clock.monotonic_seconds()
        can_wait = self._is_state_failing or not self._house.must_be_saved
        if at_once or now_seconds >= self._commit_at_seconds or not can_wait:
            changes = self._house.changes()
            if changes.is_empty and self._place == self._saved_place:
                return
            try:
                with self._metrics.commit_seconds.time():
                    dropped = self._state.commit(self._place, changes)
            except sqlite3.Error as error:
                self._state_failed(error, changes)
                return
            self._commit_at_seconds = now_seconds + COMMIT_SECONDS
            self._saved(changes, dropped)
        self._observe_lag()

    def _saved(self, changes: Changes, dropped: Dropped) -> None:
        if self._is_state_failing:
            logger.info("the state file takes commits again")
        self._is_state_failing = False
        self._saved_place = self._place
        self._commit_backoff.reset()
        self._health.answered("state")
        self._has_events = self._has_events or bool(changes.events)
        if dropped.events or dropped.notices:
            logger.error("dropped %d events and %d notices: too many wait", dropped.events, dropped.notices)
        self._metrics.dropped_events.inc(dropped.events)
        self._metrics.notifications.labels("dropped").inc(dropped.notices)
        if changes.notices:
            for courier in self._couriers:
                courier.wake()
        self._house.saved()

    def _state_failed(self, error: sqlite3.Error, changes: Changes) -> None:
        """A parent is told even if nothing can be written down: an SD card dies sooner than a baby is grown."""
        if not self._is_state_failing:
            logger.error("the state file does not take a commit: %s", error)
        self._is_state_failing = True
        self._metrics.state_failures.inc()
        self._health.failed("state", str(error))
        self._commit_at_seconds = self._clock.monotonic_seconds() + self._commit_backoff.next_seconds()
        for courier in self._couriers:
            courier.tell_unsaved(changes.notices)

    def _publish(self) -> None:
        """Events first, rooms after them: whoever sees a room ended finds all its episodes."""
        if self._house.must_be_saved:
            return
        try:
            self._publish_events()
            self._bulletin.show(self._house.rooms())
        except redis.RedisError as error:
            self._redis_failed(error)
        except sqlite3.Error as error:
            self._health.failed("state", str(error))
            logger.warning("the outbox cannot be read or written: %s", error)
        else:
            self._house.shown()
            self._health.answered("redis")

    def _publish_events(self) -> None:
        while self._has_events:
            events = self._outbox.events(MOST_ENTRIES)
            self._bulletin.publish([event for _, event in events])
            self._outbox.published(row for row, _ in events)
            self._has_events = len(events) == MOST_ENTRIES
        waiting_events, waiting_notices = self._outbox.counts()
        self._metrics.outbox_rows.labels("events").set(waiting_events)
        self._metrics.outbox_rows.labels("notices").set(waiting_notices)

    def _redis_failed(self, error: redis.RedisError) -> None:
        logger.warning("Redis does not answer: %s", why(error))
        self._metrics.redis_failures.inc()
        self._health.failed("redis", why(error))
        self._look_at_seconds = float("-inf")

    def _observe_lag(self) -> None:
        now_seconds = self._clock.wall_seconds()
        for captured_at_seconds in self._captured_at_seconds:
            self._metrics.lag_seconds.observe(max(0.0, now_seconds - captured_at_seconds))
        self._captured_at_seconds.clear()
