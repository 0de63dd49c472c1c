"""Decide in each round who is told what, and hand that to the rooms, which save and send it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tears.alerter.episodes.monitor_state import Now
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.outbox import AddressedNotice
from tears.alerter.receivers.reminders.reminder import GoingOn, ReceiverNotice
from tears.alerter.receivers.reminders.reminder_book import ReminderBook
from tears.alerter.receivers.reminders.reminder_rows import decode_reminder
from tears.alerter.receivers.rules.receiver_rule import AlertsFile
from tears.alerter.rooms import Rooms

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Addressees:
    """The rules of the receivers, and the names of each one's URLs in the outbox.

    Attributes:
        targets: by the name of the receiver, those that get every notice for it.
        repeat_targets: those of them that get repeats, because their service does not repeat by itself.
    """

    rules: AlertsFile
    targets: Mapping[str, Sequence[str]]
    repeat_targets: Mapping[str, Sequence[str]]


class Announcer:
    """Announces what the rooms have to tell. It belongs to the loop's thread."""

    def __init__(
        self,
        addressees: Callable[[], Addressees],
        saved: Mapping[tuple[str, str], bytes],
        metrics: AlerterMetrics,
        now: Now,
    ) -> None:
        """Continue with the rows that an earlier process saved.

        `addressees` is asked in each round, because other receivers may have taken the place of those before.
        """
        self._addressees = addressees
        self._metrics = metrics
        found = [decode_reminder(receiver, body, now) for (receiver, _), body in saved.items()]
        self._book = ReminderBook(AlertsFile(), [one for one in found if one is not None])

    def announce(self, rooms: Rooms, now: Now) -> None:
        """Send what is to be told now: what is new, what is to be repeated, and what is to be told to somebody else."""
        notices, told = rooms.take_notices()
        notices = [_with_time(one, now) for one in notices]
        going_on = GoingOn(rooms.open_episodes(), rooms.deaf_mics())
        try:
            addressees = self._addressees()
            self._book.rules = addressees.rules
            announced = self._book.announce(notices, going_on, rooms.house.state, now, told)
            rooms.send([_addressed(one, addressees) for one in announced], self._book.take_changes(now))
        except Exception:
            # Whatever breaks in the plan, a parent must be alerted: too many are told rather than nobody.
            logger.exception("the receivers of %d notices cannot be found, so all get them", len(notices))
            self._metrics.planning_failures.inc()
            rooms.send_to_all(notices)

    def save_all_again(self) -> None:
        """Save everything in the next round: what was saved may be lost."""
        self._book.save_all_again()


def _addressed(announced: ReceiverNotice, addressees: Addressees) -> AddressedNotice:
    by_name = addressees.repeat_targets if announced.is_repeat else addressees.targets
    return AddressedNotice(announced.notice, tuple(by_name.get(announced.receiver, ())))


def _with_time(notice: Notice, now: Now) -> Notice:
    """Return the notice; it happens now if it does not say when."""
    return notice if notice.happened_at_seconds else replace(notice, happened_at_seconds=now.wall_seconds)
