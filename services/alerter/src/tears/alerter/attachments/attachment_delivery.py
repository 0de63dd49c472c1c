"""The delivery of attachments to one receiver, each in a second message, after the text that it belongs to.

An attachment is made when it is sent: until then, only what to make is kept. Nothing here matters enough to be tried
for long. What cannot be made, is refused a few times or is some minutes old is dropped and counted.
"""

import logging
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from tears.alerter.attachments.waiting_attachments import WaitingAttachment, WaitingAttachments
from tears.alerter.errors import (
    AttachmentError,
    AttachmentNotReadyError,
    HungUpError,
    NoSoundError,
    UnansweredError,
)
from tears.alerter.metrics import AlerterMetrics, AttachmentOutcome
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import BRINGS, NOTICE_NAMESPACE, Attachment, Notice
from tears.alerter.notices.receivers import FileReceiver, Receiver
from tears.alerter.notices.retry import LendOutbox
from tears.kit.clock import Clock, wall_clock_fault

logger = logging.getLogger(__name__)

# After this time nobody needs it any more, and the room's stream has lost the sound.
MOST_AGE_SECONDS = 300.0
MOST_ATTACHMENT_ATTEMPTS = 5


class AttachmentMaker(Protocol):
    """Makes the attachments of one kind of notice.

    Attributes:
        brings: what the attachment is: the fact from which its message's words are made.
        mime_type: the kind of the file.
    """

    brings: str
    mime_type: str

    def is_wanted(self, notice: Notice, receiver: FileReceiver) -> bool:
        """Return whether there may be an attachment of this notice for this receiver. No I/O."""

    def make(self, notice: Notice) -> Attachment:
        """Return the attachment; may block for a minute.

        Raises:
            NoSoundError: there is nothing to show.
            AttachmentNotReadyError: it is not possible now, and may be later.
            AttachmentError: it will never be possible.
        """


# The kinds of notices that have attachments.
Makers = Mapping[NoticeKind, AttachmentMaker]


@dataclass(kw_only=True)
class AttachmentDelivery:
    """Delivers the attachments that wait for one receiver. `plan` may be called by another thread.

    `borrow_outbox` lends the database for a moment. It is never held while an attachment is made or handed over.
    """

    receiver: Receiver
    makers: Makers
    metrics: AlerterMetrics
    clock: Clock
    stopping: threading.Event
    borrow_outbox: LendOutbox

    @property
    def file_receiver(self) -> FileReceiver | None:
        """The receiver, if it is one that may take files."""
        return self.receiver if isinstance(self.receiver, FileReceiver) else None

    def plan(self, told: Sequence[Notice]) -> bool:
        """Let the attachments of notices follow that the receiver has just accepted; return whether there are any."""
        wanted = [one for one in told if self._maker_for(one) is not None]
        now_seconds = self.clock.wall_seconds()
        fresh = [one for one in wanted if not _is_old(one.happened_at_seconds, now_seconds)]
        self._count(AttachmentOutcome.LATE, len(wanted) - len(fresh))
        if not fresh:
            return False
        try:
            with self.borrow_outbox() as outbox:
                WaitingAttachments(outbox.connection, self.receiver.target).add(fresh, now_seconds)
        except sqlite3.Error as error:
            logger.warning("an attachment cannot be planned: %s", error)
            self._count(AttachmentOutcome.BROKEN, len(fresh))
            return False
        return True

    def deliver_waiting(self) -> bool:
        """Deliver everything that waits; return False if something has to be tried again."""
        is_clean = True
        try:
            with self._table() as table:
                rows = table.all()
            for waiting in rows:
                if self.stopping.is_set():
                    return False
                is_clean = self._settle(waiting, self._deliver(waiting)) and is_clean
        except sqlite3.Error as error:
            logger.warning("the waiting attachments cannot be read or written: %s", error)
            return False
        return is_clean

    def _deliver(self, waiting: WaitingAttachment) -> AttachmentOutcome:
        notice, receiver = waiting.notice, self.file_receiver
        maker = self._maker_for(notice)
        is_old = _is_old(waiting.planned_at_seconds, self.clock.wall_seconds())
        if is_old or maker is None or receiver is None:
            return AttachmentOutcome.LATE
        try:
            attachment = maker.make(notice)
        except AttachmentNotReadyError as error:
            logger.info("%s has no attachment yet: %s", notice, error)
            return AttachmentOutcome.WAITS
        except NoSoundError as error:
            logger.info("%s has no attachment: %s", notice, error)
            return AttachmentOutcome.EMPTY
        except AttachmentError as error:
            logger.warning("%s has no attachment: %s", notice, error)
            return AttachmentOutcome.BROKEN
        outcome = self._hand_over(receiver, _message(notice, maker.brings), attachment)
        if outcome is AttachmentOutcome.FAILED and waiting.attempts + 1 >= MOST_ATTACHMENT_ATTEMPTS:
            return AttachmentOutcome.REFUSED
        return outcome

    def _maker_for(self, notice: Notice) -> AttachmentMaker | None:
        maker, receiver = self.makers.get(notice.kind), self.file_receiver
        if maker is None or receiver is None:
            return None
        return maker if receiver.takes(maker.mime_type) and maker.is_wanted(notice, receiver) else None

    def _hand_over(self, receiver: FileReceiver, message: Notice, attachment: Attachment) -> AttachmentOutcome:
        name = receiver.description
        try:
            is_taken = receiver.hand_over(message, [attachment])
        except HungUpError:
            is_taken = False
        except UnansweredError:
            # It may have it. A second one would ring the phone once more for nothing.
            logger.warning("%s has not answered, and may have the attachment of %s or not", name, message)
            return AttachmentOutcome.UNCERTAIN
        except Exception as error:  # noqa: BLE001 - services are plug-ins and may raise anything
            # The error's text may show the URL, so it is not logged.
            logger.warning("the delivery of an attachment to %s failed with %s", name, type(error).__name__)
            is_taken = False
        if is_taken:
            logger.info("delivered to %s: %d bytes for %s", name, len(attachment.content), message)
            return AttachmentOutcome.DELIVERED
        logger.warning("%s has not accepted the attachment of %s", name, message)
        self._count(AttachmentOutcome.FAILED, 1)
        return AttachmentOutcome.FAILED

    def _settle(self, waiting: WaitingAttachment, outcome: AttachmentOutcome) -> bool:
        """Write down what became of an attachment; return whether it is done with."""
        with self._table() as table:
            if outcome is AttachmentOutcome.FAILED:
                table.count_attempt(waiting.row)
                return False
            if outcome is AttachmentOutcome.WAITS:
                return False
            table.remove(waiting.row)
        self._count(outcome, 1)
        return True

    @contextmanager
    def _table(self) -> Iterator[WaitingAttachments]:
        with self.borrow_outbox() as outbox:
            yield WaitingAttachments(outbox.connection, self.receiver.target)

    def _count(self, outcome: AttachmentOutcome, number: int) -> None:
        self.metrics.attachments.labels(outcome.value).inc(number)


def _is_old(then_seconds: float, now_seconds: float) -> bool:
    """Return whether that was too long ago; never if that time was read from a clock that was not set.

    A clock that was set back by a day since makes it old too, or it would wait for a day.
    """
    if wall_clock_fault(then_seconds):
        return False
    return abs(now_seconds - then_seconds) >= MOST_AGE_SECONDS


def _message(notice: Notice, brings: str) -> Notice:
    """Return the second message about a notice; it has a key of its own, which a repeat has too."""
    return replace(
        notice,
        key=str(uuid.uuid5(NOTICE_NAMESPACE, f"{notice.key}/{brings}")),
        facts={**notice.facts, BRINGS: brings},
    )
