"""What one receiver is told of one thing that goes on: crying, or that nobody listens. No I/O, and no clock."""

import uuid
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tears.alerter.commands.house_state import deafness_subject
from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import ListeningFault, NoticeKind
from tears.alerter.notices.notice import Notice

NEVER = float("inf")
# Faults that are over when they are told, so that they are told once.
_OVER_AT_ONCE = frozenset({ListeningFault.MEMORY_DAMAGED})
_REPEAT_NAMESPACE = uuid.UUID("0b7c7bb4-4a55-5b0e-9d0a-0f6c1f0f4b7e")


class ReceiverNotice(NamedTuple):
    """A notice for one receiver, by its name; `is_repeat` if it has been told of this before."""

    receiver: str
    notice: Notice
    is_repeat: bool = False


@dataclass(slots=True)
class Reminder:
    """What one receiver is told of one thing that goes on.

    Attributes:
        receiver: its name.
        notice: the first notice about it.
        due_at_seconds: the monotonic time at which it is told next; `inf` for never.
        escalate_at_seconds: the monotonic time at which another receiver is told; `inf` for never.
        told: how often it has been told; 0 while that waits for `after_seconds` or for its hours.
        is_escalated: it is told because another one did not react, so its own kinds, rooms and hours do not count.
    """

    receiver: str
    notice: Notice
    due_at_seconds: float
    escalate_at_seconds: float = NEVER
    told: int = 0
    is_escalated: bool = False

    @property
    def occasion(self) -> str:
        """What it is about: the id of the episode, or the key of the notice that nobody listens."""
        return occasion_of(self.notice)

    @property
    def subject(self) -> str:
        """What an acknowledgement names: the id of the episode, or the room to which nobody listens."""
        if self.notice.kind is NoticeKind.NOT_LISTENING and self.notice.mic:
            return deafness_subject(self.notice.mic)
        return self.occasion

    @property
    def key(self) -> tuple[str, str]:
        """The receiver and the occasion."""
        return self.receiver, self.occasion

    @property
    def is_waiting(self) -> bool:
        """Whether something is planned."""
        return min(self.due_at_seconds, self.escalate_at_seconds) < NEVER

    def next_notice(self, now: Now) -> Notice:
        """Return what the receiver is told now: what goes on, or a repeat of it, with a key of its own.

        It happens now, because it comes when the receiver wants it, and not because it could not be delivered before.
        """
        if not self.told:
            return replace(self.notice, happened_at_seconds=now.wall_seconds)
        kind = NoticeKind.STILL_CRYING if self.notice.kind is NoticeKind.CRYING else self.notice.kind
        key = str(uuid.uuid5(_REPEAT_NAMESPACE, f"{self.occasion}/{self.receiver}/{self.told}"))
        return replace(self.notice, key=key, kind=kind, happened_at_seconds=now.wall_seconds)


@dataclass(frozen=True, slots=True)
class GoingOn:
    """What goes on now: the id of the open episode by microphone, and the microphones to which nobody listens."""

    episodes: dict[str, str] = field(default_factory=dict)
    deaf_mics: frozenset[str] = frozenset()

    def includes(self, notice: Notice) -> bool:
        """Return whether what a notice is about goes on. A fault of the house does until it is called off."""
        if notice.kind is NoticeKind.CRYING:
            return self.episodes.get(notice.mic) == occasion_of(notice)
        if notice.mic:
            return notice.mic in self.deaf_mics
        return notice.facts.get("reason") not in _OVER_AT_ONCE


def occasion_of(notice: Notice) -> str:
    """Return what reactions to a notice are about: the id of its episode, else its key."""
    return str(notice.facts.get("episode_id", "")) or notice.key
