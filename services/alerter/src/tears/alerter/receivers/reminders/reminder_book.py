"""The plan of repeats and escalations: who is told now, and what is left to be told. No I/O, and no clock.

Times are monotonic, so that a clock that is set changes nothing. A restart delays what is planned by the time that it
took, because without a clock nothing says how long that was.
"""

from collections.abc import Iterable, Sequence

from tears.alerter.commands.house_state import HouseState
from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.receivers.reminders.reminder import NEVER, GoingOn, ReceiverNotice, Reminder, occasion_of
from tears.alerter.receivers.reminders.reminder_rows import encode_reminder
from tears.alerter.receivers.rules.receiver_rule import GOING_ON, LEFT_OUT_IN_QUIET_HOURS, AlertsFile, wants

# How often to look whether the hours of a receiver have begun.
HOURS_LOOK_SECONDS = 30.0
# What is left to wait is saved again when it has changed by this much.
SAVED_STEP_SECONDS = 5.0
# Bounds what is planned: all receivers, for many rooms at once. The oldest go first.
MOST_REMINDERS = 1_000


class ReminderBook:
    """Keeps a reminder for each receiver and each thing that goes on.

    Attributes:
        rules: may be replaced at any time; reminders of receivers that are gone end at the next `announce`.
    """

    def __init__(self, rules: AlertsFile, reminders: Iterable[Reminder] = ()) -> None:
        """Continue with the reminders that an earlier process saved."""
        self.rules = rules
        self._reminders = {one.key: one for one in reminders}
        self._changed: set[tuple[str, str]] = set()
        self._saved_at_seconds = -NEVER

    def announce(
        self, notices: Sequence[Notice], going_on: GoingOn, house: HouseState, now: Now, told: Sequence[Notice] = ()
    ) -> list[ReceiverNotice]:
        """Return who is told what now: of new notices, and of what still goes on.

        `told` are notices that an earlier process has told, so that only their repeats are due.
        """
        announced: list[ReceiverNotice] = []
        for notice in told:
            for reminder in self._begin(notice, now):
                self._note_told(reminder, now)
        for notice in notices:
            if notice.kind in GOING_ON:
                for reminder in self._begin(notice, now):
                    announced += self._tell_if_due(reminder, notice, house, now)
            else:
                announced += self._tell_once(notice, now)
        for reminder in list(self._reminders.values()):
            if self.rules.rule(reminder.receiver) is None or not going_on.includes(reminder.notice):
                self._drop(reminder)
                continue
            announced += self._tell_if_due(reminder, reminder.next_notice(now), house, now)
            announced += self._escalate_if_due(reminder, house, now)
        return announced

    def has_reminder_of(self, occasion: str) -> bool:
        """Return whether any receiver has been told of this, or will be."""
        return any(one.occasion == occasion for one in self._reminders.values())

    def take_changes(self, now: Now) -> dict[tuple[str, str], bytes | None]:
        """Return the rows to save since the last call, by receiver and occasion; None is to be deleted."""
        if now.monotonic_seconds - self._saved_at_seconds >= SAVED_STEP_SECONDS:
            self._changed.update(key for key, one in self._reminders.items() if one.is_waiting)
        if self._changed:
            self._saved_at_seconds = now.monotonic_seconds
        rows: dict[tuple[str, str], bytes | None] = dict.fromkeys(self._changed)
        for key in self._changed & self._reminders.keys():
            rows[key] = encode_reminder(self._reminders[key], now)
        self._changed.clear()
        return rows

    def save_all_again(self) -> None:
        """Let `take_changes` return everything: what was saved may be lost."""
        self._changed.update(self._reminders)

    def _begin(self, notice: Notice, now: Now) -> list[Reminder]:
        """Begin a reminder for each receiver that is to be told of this, at some time.

        If what is known already is to be told afresh, after a snooze for example, the reminder begins again.
        """
        begun = [
            Reminder(rule.name, notice, now.monotonic_seconds + rule.after_seconds)
            for rule in self.rules.receivers
            if rule.matches(notice)
        ]
        begun = [one for one in begun if not self._is_known(one)]
        for reminder in begun:
            self._add(reminder)
        return begun

    def _is_known(self, reminder: Reminder) -> bool:
        known = self._reminders.get(reminder.key)
        return known is not None and known.notice.key == reminder.notice.key

    def _tell_once(self, notice: Notice, now: Now) -> list[ReceiverNotice]:
        """Return who is told of something that does not go on, and forget what it ends."""
        ended = [one for one in self._reminders.values() if _ends(notice, one.notice)]
        are_quiet_hours = self.rules.are_quiet_hours(now.wall_seconds)
        announced = []
        for rule in self.rules.receivers:
            begun = [one for one in ended if one.receiver == rule.name]
            if begun:
                # Who was told of the beginning is told of the end too, even after its hours. The others need not know.
                is_left_out = are_quiet_hours and notice.kind in LEFT_OUT_IN_QUIET_HOURS
                is_wanted = any(one.told for one in begun) and rule.matches(notice) and not is_left_out
            else:
                is_wanted = wants(rule, notice, now.wall_seconds, are_quiet_hours=are_quiet_hours)
            if is_wanted:
                announced.append(ReceiverNotice(rule.name, notice))
        for one in ended:
            self._drop(one)
        return announced

    def _tell_if_due(self, reminder: Reminder, notice: Notice, house: HouseState, now: Now) -> list[ReceiverNotice]:
        rule = self.rules.rule(reminder.receiver)
        is_due = now.monotonic_seconds >= reminder.due_at_seconds
        if rule is None or not is_due or _is_calm(reminder, house, now):
            return []
        if not (reminder.is_escalated or rule.is_in_hours(now.wall_seconds)):
            reminder.due_at_seconds = now.monotonic_seconds + HOURS_LOOK_SECONDS
            return []
        self._note_told(reminder, now)
        return [ReceiverNotice(rule.name, notice, is_repeat=reminder.told > 1)]

    def _escalate_if_due(self, reminder: Reminder, house: HouseState, now: Now) -> list[ReceiverNotice]:
        """Tell the next receiver, unless it has been told already."""
        if now.monotonic_seconds < reminder.escalate_at_seconds or _is_calm(reminder, house, now):
            return []
        reminder.escalate_at_seconds = NEVER
        self._changed.add(reminder.key)
        rule = self.rules.rule(reminder.receiver)
        next_rule = self.rules.rule(rule.escalate_to) if rule else None
        if next_rule is None:
            return []
        other = self._reminders.get((next_rule.name, reminder.occasion))
        if other is None:
            other = Reminder(next_rule.name, reminder.notice, now.monotonic_seconds)
            self._add(other)
        if other.told:
            return []
        other.is_escalated = True
        notice = other.next_notice(now)
        self._note_told(other, now)
        return [ReceiverNotice(next_rule.name, notice)]

    def _note_told(self, reminder: Reminder, now: Now) -> None:
        """Plan what comes after the receiver was told."""
        self._changed.add(reminder.key)
        rule = self.rules.rule(reminder.receiver)
        if rule is None:
            return
        if not reminder.told and rule.escalate_to:
            reminder.escalate_at_seconds = now.monotonic_seconds + rule.escalate_after_seconds
        reminder.told += 1
        # The first time is no repeat.
        has_repeats = rule.repeat_seconds > 0 and reminder.told <= rule.repeat_most
        reminder.due_at_seconds = now.monotonic_seconds + rule.repeat_seconds if has_repeats else NEVER

    def _add(self, reminder: Reminder) -> None:
        while len(self._reminders) >= MOST_REMINDERS:
            self._drop(next(iter(self._reminders.values())))
        self._reminders[reminder.key] = reminder
        self._changed.add(reminder.key)

    def _drop(self, reminder: Reminder) -> None:
        self._reminders.pop(reminder.key, None)
        self._changed.add(reminder.key)


def _is_calm(reminder: Reminder, house: HouseState, now: Now) -> bool:
    """Return whether somebody has reacted, or does not want to be told of crying for now."""
    is_crying = reminder.notice.kind is NoticeKind.CRYING
    is_withheld = is_crying and house.withholds_crying(reminder.notice.mic, now)
    return is_withheld or house.is_acknowledged(reminder.subject)


def _ends(notice: Notice, begun: Notice) -> bool:
    """Return whether a notice says that what another one was about is over."""
    if notice.kind is NoticeKind.LISTENING_AGAIN:
        return begun.kind is NoticeKind.NOT_LISTENING and notice.subject == begun.subject
    is_of_episode = notice.kind is NoticeKind.CRYING_ENDED and begun.kind is NoticeKind.CRYING
    return is_of_episode and occasion_of(notice) == occasion_of(begun)
