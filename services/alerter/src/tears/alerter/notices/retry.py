"""The retry of notices: one thread for each receiver, which tries again until the receiver has accepted them.

Each receiver has its own thread, so one that hangs or refuses does not delay the others. A notice that is refused is
tried forever, with growing pauses; the outbox is bounded.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

from tears.alerter.database import DatabaseTurns, connect_database
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.delivery import NoticeDelivery
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.receivers import Receiver
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.health import Health

logger = logging.getLogger(__name__)

LONGEST_RETRY_PAUSE_SECONDS = 30.0
# How long a stop waits for the receivers' answers.
LAST_ANSWER_SECONDS = 10.0


LendOutbox: TypeAlias = Callable[[], AbstractContextManager[Outbox]]


class Follower(Protocol):
    """Sends what follows the texts to one receiver, in its own time."""

    def start(self) -> None:
        """Begin with what an earlier process left."""

    def use(self, receiver: Receiver) -> None:
        """Deliver by this object from now on: the same receiver, with other options."""

    def follow(self, told: Sequence[Notice]) -> None:
        """Plan what follows notices that the receiver has accepted; must not block."""

    def stop(self) -> None:
        """Finish the delivery under way; what else waits stays in the state file."""

    def join(self, seconds: float) -> None:
        """Wait until the delivery under way has finished, for so long at most."""


class DeliveryThread:
    """Delivers notices to one receiver, and tries again those that it has not accepted."""

    def __init__(
        self,
        receiver: Receiver,
        place: Path | str,
        turns: DatabaseTurns,
        metrics: AlerterMetrics,
        health: Health,
        clock: Clock,
        make_follower: Callable[[Receiver, LendOutbox], Follower] | None = None,
        report: Callable[[Receiver, Sequence[Notice]], None] | None = None,
    ) -> None:
        """Start nothing yet; `make_follower` makes what follows the texts in this thread's database.

        `turns` are those of the database at `place`. `report` is called with what the receiver has accepted; it must
        not block.
        """
        self._receiver = receiver
        self._place = place
        self._turns = turns
        self.is_leaving = False
        self._health = health
        self._clock = clock
        self._stopping = threading.Event()
        self._has_news = threading.Event()
        self._delivery = NoticeDelivery(receiver, metrics, health, clock, self._stopping, self._borrowed_outbox)
        self._follower = make_follower(receiver, self._borrowed_outbox) if make_follower else None
        if self._follower:
            self._delivery.call_when_taken(self._follower.follow)
        if report:
            self._delivery.call_when_taken(lambda notices: report(self._receiver, notices))
        # A daemon, so that a receiver that never answers cannot keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"delivery-{receiver.target[:8]}", daemon=True)

    @property
    def target(self) -> str:
        """The receiver's name in the outbox."""
        return self._receiver.target

    @property
    def description(self) -> str:
        """The receiver's name for people."""
        return self._receiver.description

    def start(self) -> None:
        """Begin with the notices that an earlier process left."""
        self._has_news.set()
        if self._follower:
            self._follower.start()
        self._thread.start()

    def wake(self) -> None:
        """Look into the outbox now: there is a new notice."""
        self._has_news.set()

    def move_to(self, place: Path | str) -> None:
        """Take the notices from another database from now on; call it while the loop has its turn."""
        self._place = place
        self._has_news.set()

    def deliver_unsaved(self, notices: Sequence[Notice]) -> None:
        """Deliver notices that could not be written to the outbox, each once."""
        self._delivery.add_unsaved(notices)
        self._has_news.set()

    @property
    def is_running(self) -> bool:
        """Whether the thread has begun and not ended."""
        return self._thread.is_alive()

    def use(self, receiver: Receiver) -> None:
        """Deliver by this object from now on: the same receiver, with other options."""
        self._receiver = self._delivery.receiver = receiver
        if self._follower:
            self._follower.use(receiver)

    def leave(self) -> None:
        """End after the delivery under way, because nobody wants to notify this receiver any more."""
        self.is_leaving = True
        self.stop()

    def stop(self) -> None:
        """Finish the delivery under way; the other notices stay in the outbox."""
        self._stopping.set()
        self._has_news.set()
        if self._follower:
            self._follower.stop()

    def join(self, seconds: float = LAST_ANSWER_SECONDS) -> None:
        """Wait until the delivery under way has finished, for so long at most."""
        ends_at_seconds = time.monotonic() + seconds
        self._thread.join(seconds)
        if self._follower:
            self._follower.join(max(0.0, ends_at_seconds - time.monotonic()))

    def _run(self) -> None:
        self._deliver_and_restart()
        if self.is_leaving:
            # Whether it answers is no news any more.
            self._health.answered(self._receiver.description)

    def _deliver_and_restart(self) -> None:
        backoff = Backoff(longest_seconds=LONGEST_RETRY_PAUSE_SECONDS)
        while not self._stopping.is_set():
            try:
                self._deliver_until_stopped(backoff)
            except Exception as error:
                # The edge of the thread. If it ended, this receiver would never get a notice again, and nobody would
                # know.
                logger.exception("the delivery to %s broke down and starts again", self._receiver.description)
                self._health.failed(self._receiver.description, str(error))
                self._has_news.clear()
                self._clock.wait(self._has_news, backoff.next_seconds())
                self._has_news.set()

    def _deliver_until_stopped(self, backoff: Backoff) -> None:
        pause_seconds = LONGEST_RETRY_PAUSE_SECONDS
        while not self._stopping.is_set():
            self._clock.wait(self._has_news, pause_seconds)
            self._has_news.clear()
            if self._delivery.deliver_waiting():
                backoff.reset()
                pause_seconds = LONGEST_RETRY_PAUSE_SECONDS
            else:
                pause_seconds = backoff.next_seconds()

    @contextmanager
    def _borrowed_outbox(self, *, first: bool = False) -> Iterator[Outbox]:
        with self._turns.turn(first=first), closing(connect_database(self._place)) as connection:
            yield Outbox(connection, [self._receiver.target])


def start_deliveries(threads: Sequence[DeliveryThread], outbox: Outbox, metrics: AlerterMetrics) -> None:
    """Start all threads, after deleting the notices for receivers that are no longer configured."""
    unconfigured = outbox.drop_unconfigured()
    if unconfigured:
        logger.error("dropped %d notices for receivers that are no longer configured", unconfigured)
    metrics.notifications.labels("unconfigured").inc(unconfigured)
    if not threads:
        logger.warning("there are no receivers: nobody will be notified")
    for thread in threads:
        thread.start()


def stop_deliveries(threads: Sequence[DeliveryThread]) -> None:
    """Let all threads finish their deliveries under way, and wait for all of them together, but not forever."""
    for thread in threads:
        thread.stop()
    ends_at_seconds = time.monotonic() + LAST_ANSWER_SECONDS
    for thread in threads:
        thread.join(max(0.0, ends_at_seconds - time.monotonic()))
