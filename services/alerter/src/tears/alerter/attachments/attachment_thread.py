"""The thread that delivers the attachments of one receiver, so that no upload delays a text or another receiver."""

import logging
import threading
from collections.abc import Sequence

from tears.alerter.attachments.attachment_delivery import AttachmentDelivery, Makers
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.receivers import Receiver
from tears.alerter.notices.retry import LendOutbox
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock

logger = logging.getLogger(__name__)

LONGEST_ATTACHMENT_PAUSE_SECONDS = 30.0
# How long a stop waits for an attachment that is under way; one that is cut off is sent after the next start.
LAST_ATTACHMENT_SECONDS = 2.0


class AttachmentThread:
    """Sends the attachments of the notices that one receiver has accepted: a `Follower` of its texts."""

    def __init__(
        self, receiver: Receiver, borrow_outbox: LendOutbox, makers: Makers, metrics: AlerterMetrics, clock: Clock
    ) -> None:
        """Start nothing yet."""
        self._clock = clock
        self._stopping = threading.Event()
        self._has_news = threading.Event()
        self._delivery = AttachmentDelivery(
            receiver=receiver,
            makers=makers,
            metrics=metrics,
            clock=clock,
            stopping=self._stopping,
            borrow_outbox=borrow_outbox,
        )
        # A daemon, so that a receiver that never answers cannot keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"attachments-{receiver.target[:8]}", daemon=True)

    def start(self) -> None:
        """Begin with the attachments that an earlier process left."""
        self._has_news.set()
        self._thread.start()

    def use(self, receiver: Receiver) -> None:
        """Deliver by this object from now on: the same receiver, with other options."""
        self._delivery.receiver = receiver

    def follow(self, told: Sequence[Notice]) -> None:
        """Plan the attachments of notices that the receiver has accepted."""
        if self._delivery.plan(told):
            self._has_news.set()

    def stop(self) -> None:
        """Finish the attachment under way; the others stay in the state file."""
        self._stopping.set()
        self._has_news.set()

    def join(self, seconds: float = LAST_ATTACHMENT_SECONDS) -> None:
        """Wait until the attachment under way is delivered, for so long at most."""
        self._thread.join(min(seconds, LAST_ATTACHMENT_SECONDS))

    def _run(self) -> None:
        backoff = Backoff(longest_seconds=LONGEST_ATTACHMENT_PAUSE_SECONDS)
        pause_seconds = LONGEST_ATTACHMENT_PAUSE_SECONDS
        while not self._stopping.is_set():
            self._clock.wait(self._has_news, pause_seconds)
            self._has_news.clear()
            try:
                is_done = self._delivery.deliver_waiting()
            except Exception:
                # The edge of the thread: texts go on without it, and so do later attachments.
                logger.exception("the delivery of attachments to %s broke down", self._delivery.receiver.description)
                is_done = False
            if is_done:
                backoff.reset()
            pause_seconds = LONGEST_ATTACHMENT_PAUSE_SECONDS if is_done else backoff.next_seconds()
