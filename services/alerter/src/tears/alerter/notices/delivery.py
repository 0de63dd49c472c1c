"""The delivery of waiting notices to one receiver.

A notice leaves the outbox in a commit of its own, right after the receiver's answer. The receiver gets the notice twice
only if the process dies between the two.
"""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Sequence

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.receivers import Receiver
from tears.alerter.notices.wording import Notice
from tears.kit.health import Health

logger = logging.getLogger(__name__)

# Bounds the notices that could not be saved, and the keys of delivered ones whose rows are still there.
MOST_UNSAVED_NOTICES = 100


class NoticeDelivery:
    """Delivers the notices of the outbox, and those that could not be written to it. `add_unsaved` is thread-safe."""

    def __init__(self, receiver: Receiver, metrics: AlerterMetrics, health: Health, stopping: threading.Event) -> None:
        """Deliver nothing yet; once `stopping` is set, only the delivery under way is finished."""
        self._receiver = receiver
        self._metrics = metrics
        self._health = health
        self._stopping = stopping
        self._unsaved: deque[Notice] = deque(maxlen=MOST_UNSAVED_NOTICES)
        # Keys of delivered notices whose rows could not be removed yet, or have not even been written.
        self._delivered: deque[str] = deque(maxlen=MOST_UNSAVED_NOTICES)

    def add_unsaved(self, notices: Sequence[Notice]) -> None:
        """Deliver notices that could not be saved, each only once, even if it is added again or saved later."""
        known = {*self._delivered, *(notice.key for notice in list(self._unsaved))}
        self._unsaved.extend(notice for notice in notices[-MOST_UNSAVED_NOTICES:] if notice.key not in known)

    def deliver_waiting(self, outbox: Outbox) -> bool:
        """Deliver everything that waits; return False if something has to be tried again."""
        while self._unsaved and not self._stopping.is_set():
            notice = self._unsaved[0]
            if not self._hand_over(notice):
                return False
            self._delivered.append(notice.key)
            # Newer notices may have pushed it out meanwhile.
            if self._unsaved[0] is notice:
                self._unsaved.popleft()
        try:
            self._remove_delivered(outbox)
            return self._deliver_saved(outbox)
        except sqlite3.Error as error:
            logger.warning("the outbox cannot be read or written: %s", error)
            return False

    def _deliver_saved(self, outbox: Outbox) -> bool:
        are_rows_removed = True
        while not self._stopping.is_set():
            waiting = outbox.next_notice(self._receiver.target, skip=self._delivered)
            if waiting is None:
                break
            if not self._hand_over(waiting.notice):
                outbox.count_attempt(waiting)
                return False
            self._delivered.append(waiting.notice.key)
            # An older notice with more attempts would come after this one, though it is no longer true.
            outdated = outbox.drop_outdated(self._receiver.target, waiting)
            self._metrics.notifications.labels("outdated").inc(outdated)
            are_rows_removed = self._remove_delivered(outbox) and are_rows_removed
        return are_rows_removed

    def _remove_delivered(self, outbox: Outbox) -> bool:
        """Remove the rows of delivered notices; if that fails, the next notice is still delivered."""
        try:
            removed = outbox.remove_notices(self._receiver.target, self._delivered)
        except sqlite3.Error as error:
            logger.warning("delivered notices cannot be removed from the outbox: %s", error)
            return False
        for key in removed:
            self._delivered.remove(key)
        return True

    def _hand_over(self, notice: Notice) -> bool:
        name = self._receiver.description
        try:
            is_taken = self._receiver.hand_over(notice)
        except Exception as error:  # noqa: BLE001 - services are plug-ins and may raise anything
            # The error's text may show the URL, so it is not logged.
            logger.warning("delivery to %s failed with %s", name, type(error).__name__)
            is_taken = False
        if is_taken:
            logger.info("delivered to %s: %s (%s)", name, notice.title, notice.key)
            self._health.answered(name)
        else:
            logger.warning("%s has not accepted: %s (%s)", name, notice.title, notice.key)
            self._health.failed(name, "has not accepted a notice")
        self._metrics.notifications.labels("delivered" if is_taken else "failed").inc()
        return is_taken
