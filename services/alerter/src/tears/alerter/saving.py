"""Decide when to commit the state, and what to do if the state file is lost or cannot be written.

A commit can wait while there is nothing to publish or to send: if the process dies, what was not saved is still in the
stream and is read again. That spares an SD card most of the writing.
"""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from tears.alerter.episodes.monitor_state import Now
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.keeping import keeping_notice
from tears.alerter.notices.outbox import DroppedRows
from tears.alerter.notices.retry import DeliveryThread
from tears.alerter.order.stream_position import StreamPosition
from tears.alerter.proof.listening_proof import ListeningProof
from tears.alerter.receivers.announcer import Announcer
from tears.alerter.rooms import Rooms
from tears.alerter.state import AlerterState, StateChanges
from tears.alerter.state_file import StateFile
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.health import Health

logger = logging.getLogger(__name__)

# How long a commit may wait while there is nothing to publish or to send.
COMMIT_SECONDS = 5.0


@dataclass(kw_only=True)
class StateSaver:
    """Commits the changes of the rooms together with the position in the stream; `saved_position` was loaded."""

    state: AlerterState
    state_file: StateFile
    announcer: Announcer
    saved_position: StreamPosition
    deliveries: Sequence[DeliveryThread]
    proof: ListeningProof
    metrics: AlerterMetrics
    health: Health
    clock: Clock
    _commit_at_seconds: float = field(default=float("-inf"), init=False)
    _is_failing: bool = field(default=False, init=False)
    _backoff: Backoff = field(default_factory=Backoff, init=False)

    def save_if_due(self, position: StreamPosition, rooms: Rooms, *, at_once: bool = False) -> bool:
        """Commit if it is time; return False if the commit failed."""
        now_seconds = self.clock.monotonic_seconds()
        with self.state.turns.turn(first=True):
            if self.state_file.has_moved(at_once=at_once):
                self._move(rooms)
        self._report(rooms)
        self.announcer.announce(rooms, Now(now_seconds, self.clock.wall_seconds()))
        is_urgent = rooms.must_be_saved and not self._is_failing
        if not (at_once or is_urgent or now_seconds >= self._commit_at_seconds):
            return True
        changes = rooms.changes()
        changes.proof = self.proof.unsaved
        if changes.is_empty and position == self.saved_position:
            return True
        try:
            with self.state.turns.turn(first=True), self.metrics.commit_seconds.time():
                dropped = self.state.commit(position, changes)
        except sqlite3.Error as error:
            self._note_failure(error, changes)
            with self.state.turns.turn(first=True):
                if self.state_file.has_moved_after(error):
                    self._move(rooms)
            return False
        self.state_file.note_commit()
        self._commit_at_seconds = now_seconds + COMMIT_SECONDS
        self.saved_position = position
        rooms.mark_saved()
        self.proof.unsaved = b""
        self._note_success(changes, dropped)
        return True

    def _move(self, rooms: Rooms) -> None:
        """Write everything again, into the database that has taken the place of the one before."""
        try:
            self.state.move_to(self.state_file.connection)
        except sqlite3.Error as error:
            logger.warning("the waiting notices cannot be written again: %s", error)
        rooms.save_all_again()
        self.proof.save_again()
        self.announcer.save_all_again()
        self.saved_position = StreamPosition()
        self._commit_at_seconds = float("-inf")
        for delivery in self.deliveries:
            delivery.move_to(self.state_file.place)

    def _report(self, rooms: Rooms) -> None:
        """Say to a parent how the state is kept, if that has changed."""
        while self.state_file.reports:
            rooms.add_notice(keeping_notice(self.state_file.reports.pop(0), self.clock.wall_seconds()))

    def _note_success(self, changes: StateChanges, dropped: DroppedRows) -> None:
        if self._is_failing:
            logger.info("the state file can be written again")
        self._is_failing = False
        self._backoff.reset()
        if self.state_file.is_in_memory:
            self.health.failed("state", "the state file cannot be used, so the state is kept in memory")
        else:
            self.health.answered("state")
        if dropped.events or dropped.notices:
            logger.error("dropped %d events and %d notices, because too many waited", dropped.events, dropped.notices)
        self.metrics.dropped_events.inc(dropped.events)
        self.metrics.notifications.labels("dropped").inc(dropped.notices)
        if changes.notices or changes.addressed:
            for delivery in self.deliveries:
                delivery.wake()

    def _note_failure(self, error: sqlite3.Error, changes: StateChanges) -> None:
        """Send the notices unsaved: SD cards wear out, and a parent must be alerted all the same."""
        if not self._is_failing:
            logger.error("the state file cannot be written, so notices are sent unsaved: %s", error)
        self._is_failing = True
        self.metrics.state_failures.inc()
        self.health.failed("state", str(error))
        self._commit_at_seconds = self.clock.monotonic_seconds() + self._backoff.next_seconds()
        for delivery in self.deliveries:
            addressed = [one.notice for one in changes.addressed if delivery.target in one.targets]
            delivery.deliver_unsaved([*changes.notices, *addressed])
