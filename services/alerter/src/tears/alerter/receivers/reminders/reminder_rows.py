"""A reminder as a row of the state file: JSON, with what is left to wait in place of monotonic times. No I/O."""

import logging

import msgspec

from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Fact, Notice
from tears.alerter.receivers.reminders.reminder import NEVER, Reminder

logger = logging.getLogger(__name__)


class _SavedReminder(msgspec.Struct):
    """The content of a row. The state file holds these names; None stands for never."""

    key: str
    kind: NoticeKind
    mic: str
    facts: dict[str, Fact]
    happened_at_seconds: float
    told: int
    is_escalated: bool
    wait_seconds: float | None
    escalate_wait_seconds: float | None


def encode_reminder(reminder: Reminder, now: Now) -> bytes:
    """Return the row of a reminder, with what is left to wait at this time."""
    notice = reminder.notice
    return msgspec.json.encode(
        _SavedReminder(
            key=notice.key,
            kind=notice.kind,
            mic=notice.mic,
            facts=dict(notice.facts),
            happened_at_seconds=notice.happened_at_seconds,
            told=reminder.told,
            is_escalated=reminder.is_escalated,
            wait_seconds=_left(reminder.due_at_seconds, now),
            escalate_wait_seconds=_left(reminder.escalate_at_seconds, now),
        )
    )


def decode_reminder(receiver: str, body: bytes, now: Now) -> Reminder | None:
    """Return a reminder whose wait goes on now; None, with a line in the log, if this release cannot read it."""
    try:
        saved = msgspec.json.decode(body, type=_SavedReminder)
    except msgspec.DecodeError as error:
        logger.warning("a reminder of %s cannot be read, so it ends: %s", receiver, error)
        return None
    return Reminder(
        receiver=receiver,
        notice=Notice(saved.key, saved.kind, saved.mic, saved.facts, saved.happened_at_seconds),
        due_at_seconds=_at(saved.wait_seconds, now),
        escalate_at_seconds=_at(saved.escalate_wait_seconds, now),
        told=saved.told,
        is_escalated=saved.is_escalated,
    )


def _left(at_seconds: float, now: Now) -> float | None:
    return None if at_seconds == NEVER else max(0.0, at_seconds - now.monotonic_seconds)


def _at(wait_seconds: float | None, now: Now) -> float:
    return NEVER if wait_seconds is None else now.monotonic_seconds + wait_seconds
