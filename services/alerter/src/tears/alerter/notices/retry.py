"""Hands notices over: a thread for each receiver, so that one which hangs or refuses keeps nobody else waiting.

A notice leaves the outbox in a commit of its own right after the receiver's answer: only a death between the two tells
twice. It is tried for ever, with growing pauses; the outbox is bounded.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tears.alerter.database import connect
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.receivers import Receiver
from tears.alerter.notices.wording import Notice
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.health import Health

logger = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 60.0
# How long a stop waits for the answer to what is being handed over.
LAST_ANSWER_SECONDS = 10.0
# What could not be saved, and what was told of that.
MOST_UNSAVED = 100


class Courier:
    """The thread of one receiver."""

    def __init__(
        self, receiver: Receiver, state_path: Path, metrics: AlerterMetrics, health: Health, clock: Clock
    ) -> None:
        self._receiver = receiver
        self._state_path = state_path
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stopping = False
        self._something_new = threading.Event()
        self._unsaved: deque[Notice] = deque(maxlen=MOST_UNSAVED)
        # Keys of what the receiver has taken and whose row is not removed yet, or not even written.
        self._told: deque[str] = deque(maxlen=MOST_UNSAVED)
        # A daemon: a receiver that never answers must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"courier-{receiver.target[:8]}", daemon=True)

    def start(self) -> None:
        """Begins with what an earlier life left."""
        self._something_new.set()
        self._thread.start()

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._something_new.set()

    def tell_unsaved(self, notices: Sequence[Notice]) -> None:
        """Tells what could not be written to the outbox, once: whether it comes here again or is written later."""
        known = {*self._told, *(notice.key for notice in list(self._unsaved))}
        self._unsaved.extend(notice for notice in notices[-MOST_UNSAVED:] if notice.key not in known)
        self._something_new.set()

    def stop(self) -> None:
        """Asks it to finish what it is handing over; the rest stays in the outbox."""
        self._stopping = True
        self._something_new.set()

    def join(self) -> None:
        """Waits until it has, but not for ever."""
        self._thread.join(LAST_ANSWER_SECONDS)

    def _run(self) -> None:
        backoff = Backoff(longest_seconds=LONGEST_PAUSE_SECONDS)
        while not self._stopping:
            try:
                with closing(connect(self._state_path)) as connection:
                    self._attend(Outbox(connection, [self._receiver.target]), backoff)
            except Exception as error:
                # The edge of the thread: without it this receiver would never be told again, and nobody would know.
                logger.exception("the courier of %s starts again", self._receiver.description)
                self._health.failed(self._receiver.description, str(error))
                self._something_new.clear()
                self._clock.wait(self._something_new, backoff.next_seconds())
                self._something_new.set()  # what there was to tell is there still

    def _attend(self, outbox: Outbox, backoff: Backoff) -> None:
        pause_seconds = LONGEST_PAUSE_SECONDS
        while not self._stopping:
            self._clock.wait(self._something_new, pause_seconds)
            self._something_new.clear()
            if self._deliver(outbox):
                backoff.reset()
                pause_seconds = LONGEST_PAUSE_SECONDS
            else:
                pause_seconds = backoff.next_seconds()

    def _deliver(self, outbox: Outbox) -> bool:
        """Hands over all there is; returns False at the first failure."""
        while self._unsaved and not self._stopping:
            notice = self._unsaved[0]
            if not self._hand_over(notice):
                return False
            self._told.append(notice.key)
            if self._unsaved[0] is notice:  # unless newer ones have pushed it out
                self._unsaved.popleft()
        try:
            self._remove_told(outbox)
            return self._empty(outbox)
        except sqlite3.Error as error:
            logger.warning("the outbox cannot be read or written: %s", error)
            return False

    def _empty(self, outbox: Outbox) -> bool:
        all_removed = True
        while not self._stopping:
            letter = outbox.next_letter(self._receiver.target, skip=self._told)
            if letter is None:
                break
            if not self._hand_over(letter.notice):
                outbox.failed(letter)
                return False
            self._told.append(letter.notice.key)
            # What was tried least is told first: an older word on the same thing would be the last one otherwise.
            outdated = outbox.drop_outdated(self._receiver.target, letter)
            self._metrics.notifications.labels("outdated").inc(outdated)
            all_removed = self._remove_told(outbox) and all_removed
        return all_removed

    def _remove_told(self, outbox: Outbox) -> bool:
        """Removes the rows of what was told; where that fails the next notice does not wait for it."""
        try:
            removed = outbox.remove(self._receiver.target, self._told)
        except sqlite3.Error as error:
            logger.warning("what was told cannot be removed from the outbox: %s", error)
            return False
        for key in removed:
            self._told.remove(key)
        return True

    def _hand_over(self, notice: Notice) -> bool:
        try:
            taken = self._receiver.hand_over(notice)
        except Exception as error:  # noqa: BLE001 - services are plug-ins; the edge of the thread
            # Without its text, which may show the URL.
            logger.warning("telling %s ended with %s", self._receiver.description, type(error).__name__)
            taken = False
        if taken:
            logger.info("told %s: %s (%s)", self._receiver.description, notice.title, notice.key)
            self._health.answered(self._receiver.description)
        else:
            logger.warning("%s has not taken %s (%s)", self._receiver.description, notice.title, notice.key)
            self._health.failed(self._receiver.description, "has not taken a notice")
        self._metrics.notifications.labels("delivered" if taken else "failed").inc()
        return taken


def start_couriers(couriers: Sequence[Courier], outbox: Outbox, metrics: AlerterMetrics) -> None:
    """Starts them all, and forgets what waits for receivers that are configured no more."""
    unconfigured = outbox.drop_unconfigured()
    if unconfigured:
        logger.error("dropped %d notices for receivers that are configured no more", unconfigured)
    metrics.notifications.labels("unconfigured").inc(unconfigured)
    if not couriers:
        logger.warning("TEARS_ALERTER_NOTIFY is empty: nobody will be told")
    for courier in couriers:
        courier.start()


def stop_couriers(couriers: Sequence[Courier]) -> None:
    """Lets each finish what it is handing over; all at the same time."""
    for courier in couriers:
        courier.stop()
    for courier in couriers:
        courier.join()
