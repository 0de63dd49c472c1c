"""What each receiver wants to be told, and how often. No I/O."""

import msgspec

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.receivers.rules.daily_hours import DailyHours, lies_within
from tears.kit.registry.mic_names import mic_of_room

# What a receiver gets whose rule names no kinds.
# A night report is made only where that is set.
USUAL_KINDS = (
    NoticeKind.CRYING,
    NoticeKind.NOT_LISTENING,
    NoticeKind.LISTENING_AGAIN,
    NoticeKind.NIGHT_REPORT,
)
# How often a receiver is told again if its rule gives no other number.
USUAL_REPEATS = 10
# These go on until something ends them, so a parent may be told again.
GOING_ON = frozenset({NoticeKind.CRYING, NoticeKind.NOT_LISTENING})
# In the quiet hours of the house these are left out: they are no reason to wake anybody.
LEFT_OUT_IN_QUIET_HOURS = frozenset({NoticeKind.CRYING_ENDED, NoticeKind.NIGHT_REPORT})


class ReceiverRule(msgspec.Struct, frozen=True, kw_only=True):
    """One receiver: a person, or a device that shows notices.

    Attributes:
        name: what logs and other rules call it.
        urls: Apprise URLs. They hold passwords, and are never logged or stored.
        kinds: what it is told.
        rooms: the microphones it is told about; empty means all.
        hours: when it is told; empty means always.
        after_seconds: how long crying, or that nobody listens, must go on before it is told.
        repeat_seconds: the time between two repeats; 0 means no repeats.
        repeat_most: the largest number of repeats.
        escalate_to: the name of the receiver that is told if nobody reacts; empty means none.
        escalate_after_seconds: how long nobody has reacted then, since this receiver was told.
        language: of the words; empty means the language of the house.
        clip: whether it gets the sound of the crying too, which may leave the house.
    """

    name: str
    urls: tuple[str, ...] = ()
    kinds: tuple[NoticeKind, ...] = USUAL_KINDS
    rooms: tuple[str, ...] = ()
    hours: tuple[DailyHours, ...] = ()
    after_seconds: float = 0.0
    repeat_seconds: float = 0.0
    repeat_most: int = USUAL_REPEATS
    escalate_to: str = ""
    escalate_after_seconds: float = 0.0
    language: str = ""
    clip: bool = False

    def matches(self, notice: Notice) -> bool:
        """Return whether the kind and the room of a notice are for this receiver, whatever the time."""
        if notice.kind is NoticeKind.TEST:
            return True
        is_room = not notice.mic or not self.rooms or notice.mic in self.rooms
        return notice.kind in self.kinds and is_room

    def is_in_hours(self, wall_seconds: float) -> bool:
        """Return whether the receiver is told anything now; a clock that cannot be right silences nobody."""
        return not self.hours or lies_within(wall_seconds, self.hours, unknown=True)


class AlertsFile(msgspec.Struct, frozen=True, kw_only=True):
    """All receivers, and the quiet hours of the house."""

    receivers: tuple[ReceiverRule, ...] = ()
    quiet_hours: tuple[DailyHours, ...] = ()

    def rule(self, name: str) -> ReceiverRule | None:
        """Return the rule of a receiver; None if there is none of this name."""
        return next((one for one in self.receivers if one.name == name), None)

    def are_quiet_hours(self, wall_seconds: float) -> bool:
        """Return whether only what may wake somebody is told now."""
        return lies_within(wall_seconds, self.quiet_hours, unknown=False)


def wants(rule: ReceiverRule, notice: Notice, wall_seconds: float, *, are_quiet_hours: bool = False) -> bool:
    """Return whether a receiver is told of a notice at this time, apart from how long it has gone on."""
    if are_quiet_hours and notice.kind in LEFT_OUT_IN_QUIET_HOURS:
        return False
    return rule.matches(notice) and (notice.kind is NoticeKind.TEST or rule.is_in_hours(wall_seconds))


def rules_of_urls(urls: tuple[str, ...], *, clip: bool = False) -> AlertsFile:
    """Return the rules that `TEARS_ALERTER_NOTIFY` stands for: each URL once, with what receivers usually get.

    `clip` says whether all of them get the sound too.
    """
    return AlertsFile(
        receivers=tuple(
            ReceiverRule(name=f"URL {urls.index(url) + 1} of TEARS_ALERTER_NOTIFY", urls=(url,), clip=clip)
            for url in dict.fromkeys(urls)
        )
    )


def mics_of_rooms(rooms: tuple[str, ...]) -> tuple[str, ...]:
    """Return the microphones of rooms that are named as people name them."""
    return tuple(mic_of_room(one) for one in rooms)
