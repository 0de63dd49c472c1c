"""The delivery of waiting notices to one receiver, the oldest first.

A notice leaves the outbox in a commit of its own, right after the receiver's answer. The receiver gets the notice twice
only if the process dies between the two, or if its answer does not come: then nobody knows whether it has the notice,
and the notice is tried again a few times, with growing pauses. After that it stays in the outbox, and is sent once more
each time when the receiver has accepted another notice. A connection that is closed at once counts as a refusal.
"""

import enum
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from tears.alerter.errors import HungUpError, UnansweredError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.lateness import is_late, merge_notices
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.outbox import MOST_NOTICES_PER_RECEIVER, MOST_UNANSWERED, Outbox, WaitingNotice
from tears.alerter.notices.receivers import Receiver
from tears.kit.clock import Clock
from tears.kit.files.sqlite import transaction
from tears.kit.health import Health

logger = logging.getLogger(__name__)

# Bounds the notices that could not be saved.
MOST_UNSAVED_NOTICES = 100
# A notice that is found again after the database was lost is not delivered again.
MOST_DELIVERED_KEYS = MOST_NOTICES_PER_RECEIVER
# After so many refusals, a pass over the waiting notices ends: probably, the receiver takes none now.
MOST_REFUSALS = 2
# The pauses after an attempt without an answer, one fewer than MOST_UNANSWERED: then the notice is given up for now.
UNANSWERED_PAUSES_SECONDS = (30.0, 60.0, 120.0, 240.0)


class Handover(enum.Enum):
    """The fate of a notice that was handed to its receiver."""

    TAKEN = "delivered"
    REFUSED = "failed"
    # No answer came, so the receiver may have it or not.
    UNANSWERED = "unanswered"


class NoticeDelivery:
    """Delivers the notices of the outbox, and those that could not be written to it. `add_unsaved` is thread-safe."""

    def __init__(
        self,
        receiver: Receiver,
        metrics: AlerterMetrics,
        health: Health,
        clock: Clock,
        stopping: threading.Event,
        borrow_outbox: Callable[..., AbstractContextManager[Outbox]],
    ) -> None:
        """Deliver nothing yet; once `stopping` is set, only the delivery under way is finished.

        `borrow_outbox` lends the outbox for a moment, and with `first=True` before all who can wait. It is never held
        while the receiver is asked, because its database may be replaced by another one at any time.
        """
        self.receiver = receiver
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stopping = stopping
        self._borrow_outbox = borrow_outbox
        self._unsaved: deque[Notice] = deque(maxlen=MOST_UNSAVED_NOTICES)
        # Keys of delivered notices: their rows could not be removed yet, or may be written later, or once more.
        self._delivered: deque[str] = deque(maxlen=MOST_DELIVERED_KEYS)
        self._has_delivered_rows = False
        # When to try a notice again whose receiver has not answered, by key.
        self._paused_until_seconds: dict[str, float] = {}
        # The receiver has accepted a notice since the last failure, so what was given up is tried again.
        self._is_answering = False
        self._follows: list[Callable[[Sequence[Notice]], None]] = []

    def call_when_taken(self, follow: Callable[[Sequence[Notice]], None]) -> None:
        """Let `follow` know, too, which notices the receiver has accepted, before they leave the outbox."""
        self._follows.append(follow)

    def add_unsaved(self, notices: Sequence[Notice]) -> None:
        """Deliver notices that could not be saved, each only once, even if it is added again or saved later."""
        known = {*self._delivered, *self._paused_until_seconds, *(notice.key for notice in list(self._unsaved))}
        self._unsaved.extend(notice for notice in notices[-MOST_UNSAVED_NOTICES:] if notice.key not in known)

    def deliver_waiting(self) -> bool:
        """Deliver everything that waits; return False if something has to be tried again."""
        while self._unsaved and not self._stopping.is_set():
            notice = self._unsaved[0]
            handover = self._hand_over(notice)
            if handover is Handover.REFUSED:
                return False
            if handover is Handover.TAKEN:
                self._delivered.append(notice.key)
                self._tell_taken([notice])
            else:
                # It is tried again when it has been saved.
                self._pause(notice.key, UNANSWERED_PAUSES_SECONDS[0])
            # Newer notices may have pushed it out meanwhile.
            if self._unsaved[0] is notice:
                self._unsaved.popleft()
        try:
            return self._deliver_saved()
        except sqlite3.Error as error:
            logger.warning("the outbox cannot be read or written: %s", error)
            return False

    def _deliver_saved(self) -> bool:
        tried: set[str] = set()
        refusals = 0
        is_clean = True
        while refusals < MOST_REFUSALS and not self._stopping.is_set():
            group = self._next_group(tried, must_be_fresh=refusals > 0)
            if not group:
                is_clean = self._remove_written_later() and is_clean
                return is_clean and not refusals and not self._paused_until_seconds
            tried |= {one.notice.key for one in group}
            sent = self._as_sent(group)
            handover = self._hand_over(sent)
            if handover is Handover.TAKEN:
                is_clean = self._settle_taken(group) and is_clean
                continue
            refusals += 1
            if handover is Handover.UNANSWERED:
                self._settle_unanswered(group, sent.key)
            with self._borrow_outbox() as outbox:
                for waiting in group:
                    outbox.count_attempt(waiting)
        self._remove_written_later()
        return False

    def _next_group(self, tried: set[str], *, must_be_fresh: bool) -> list[WaitingNotice]:
        """Return the notice to send next, the oldest; and with a late one, all other late ones of its subject.

        Those that the receiver may have already stay together as they were sent, so that it knows a repeat by its key.
        With `must_be_fresh`, it is the one that was tried the least: one that is refused must not hold up a new one.
        """
        now_seconds, wall_seconds = self._clock.monotonic_seconds(), self._clock.wall_seconds()
        with self._borrow_outbox(first=True) as outbox:
            found = outbox.waiting_notices(self.receiver.target)
        rows = [one for one in found if one.notice.key not in self._delivered]
        self._has_delivered_rows = len(rows) < len(found)
        present = {one.notice.key for one in rows}
        for key in [key for key in self._paused_until_seconds if key not in present]:
            del self._paused_until_seconds[key]
        waiting = [
            one
            for one in rows
            if one.notice.key not in tried
            and (self._is_answering or not one.is_given_up)
            and self._paused_until_seconds.get(one.notice.key, 0.0) <= now_seconds
        ]
        if not waiting:
            return []
        first = min(waiting, key=lambda one: (one.attempts, one.row)) if must_be_fresh else waiting[0]
        if first.sent_as:
            return [one for one in waiting if one.sent_as == first.sent_as]
        if not is_late(first.notice, wall_seconds):
            return [first]
        late = [one for one in waiting if is_late(one.notice, wall_seconds)]
        return [one for one in late if one.notice.subject == first.notice.subject and not one.sent_as]

    def _as_sent(self, group: Sequence[WaitingNotice]) -> Notice:
        sent = merge_notices([one.notice for one in group])
        return replace(sent, key=group[0].sent_as or sent.key)

    def _tell_taken(self, notices: Sequence[Notice]) -> None:
        """Tell what follows the texts; it must not keep them from leaving the outbox, whatever happens to it."""
        for follow in self._follows:
            try:
                follow(notices)
            except Exception:
                logger.exception("what follows a notice broke down")

    def _settle_taken(self, group: Sequence[WaitingNotice]) -> bool:
        self._tell_taken([waiting.notice for waiting in group])
        for waiting in group:
            self._delivered.append(waiting.notice.key)
            self._paused_until_seconds.pop(waiting.notice.key, None)
        return self._remove_delivered(group[-1])

    def _settle_unanswered(self, group: Sequence[WaitingNotice], sent_as: str) -> None:
        """Pause the notices, each time for longer, and give up those for which it happened too often."""
        for waiting in group:
            if waiting.unanswered + 1 < MOST_UNANSWERED:
                self._pause(waiting.notice.key, UNANSWERED_PAUSES_SECONDS[waiting.unanswered])
            elif not waiting.is_given_up:
                self._give_up(waiting)
        with self._borrow_outbox() as outbox:
            for waiting in group:
                outbox.count_unanswered(waiting, sent_as)

    def _pause(self, key: str, seconds: float) -> None:
        self._paused_until_seconds[key] = self._clock.monotonic_seconds() + seconds

    def _give_up(self, waiting: WaitingNotice) -> None:
        name, notice = self.receiver.description, waiting.notice
        logger.error(
            "%s has not answered %d times, and may have it: %s (%s) is given up until it answers",
            name,
            waiting.unanswered + 1,
            notice,
            notice.key,
        )
        self._metrics.notifications.labels("uncertain").inc()
        self._paused_until_seconds.pop(notice.key, None)

    def _remove_written_later(self) -> bool:
        """Remove the rows of delivered notices that were written after the delivery, or could not be removed then."""
        return self._remove_delivered() if self._has_delivered_rows else True

    def _remove_delivered(self, latest: WaitingNotice | None = None) -> bool:
        """Remove the rows of delivered notices, and of those that are no longer true after the latest one.

        If that fails, the next notice is still delivered.
        """
        outdated = 0
        try:
            with self._borrow_outbox() as outbox, transaction(outbox.connection):
                outbox.remove_notices(self.receiver.target, self._delivered)
                if latest is not None:
                    # An older notice with more attempts would come after this one, though it is no longer true.
                    outdated = outbox.drop_outdated(self.receiver.target, latest)
        except sqlite3.Error as error:
            logger.warning("delivered notices cannot be removed from the outbox: %s", error)
            return False
        self._metrics.notifications.labels("outdated").inc(outdated)
        return True

    def _hand_over(self, notice: Notice) -> Handover:
        name = self.receiver.description
        handover = Handover.REFUSED
        try:
            if self.receiver.hand_over(notice):
                handover = Handover.TAKEN
        except HungUpError:
            logger.warning("%s has closed the connection at once", name)
        except UnansweredError:
            handover = Handover.UNANSWERED
        except Exception as error:  # noqa: BLE001 - services are plug-ins and may raise anything
            # The error's text may show the URL, so it is not logged.
            logger.warning("delivery to %s failed with %s", name, type(error).__name__)
        self._is_answering = handover is Handover.TAKEN
        if handover is Handover.TAKEN:
            logger.info("delivered to %s: %s (%s)", name, notice, notice.key)
            self._health.answered(name)
        elif handover is Handover.REFUSED:
            logger.warning("%s has not accepted: %s (%s)", name, notice, notice.key)
            self._health.failed(name, "has not accepted a notice")
        else:
            logger.warning("%s has not answered, and may have it or not: %s (%s)", name, notice, notice.key)
            self._health.failed(name, "has not answered a notice")
        self._metrics.notifications.labels("delivered" if handover is Handover.TAKEN else "failed").inc()
        return handover
