"""A house with receivers, on a clock that a test moves, and everything that they were told."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from tears.alerter.commands.house_state import HouseState, Silence, SilenceKind
from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.receivers.reminders.reminder import GoingOn
from tears.alerter.receivers.reminders.reminder_book import ReminderBook
from tears.alerter.receivers.reminders.reminder_rows import decode_reminder
from tears.alerter.receivers.rules.alerts_file import parse_alerts
from tears.alerter.receivers.rules.receiver_rule import AlertsFile

EVENING = 1_780_000_000.0  # 2026-05-28 20:26:40 UTC


@dataclass
class ToldHouse:
    """A book, what goes on in the house, and everything that its receivers were told: second, receiver and kind."""

    rules: AlertsFile
    started_at_seconds: float = 1_000.0
    wall_seconds: float = EVENING
    told: list[tuple[float, str, str]] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    snoozed: set[str] = field(default_factory=set)
    rows: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.passed_seconds = 0.0
        self.monotonic_seconds = self.started_at_seconds
        self.book = ReminderBook(self.rules)
        self.crying: dict[str, str] = {}
        self.deaf: set[str] = set()
        self.notices: list[Notice] = []

    @property
    def now(self) -> Now:
        """The present."""
        return Now(self.monotonic_seconds, self.wall_seconds)

    @property
    def state(self) -> HouseState:
        """What parents have asked for."""
        silence = Silence(SilenceKind.SNOOZE, ends_at_seconds=math.inf)
        return HouseState(dict.fromkeys(self.snoozed, silence), tuple(self.acknowledged))

    def announce(self, *notices: Notice, told: Sequence[Notice] = ()) -> None:
        """Announce these notices, and what is due."""
        going_on = GoingOn(dict(self.crying), frozenset(self.deaf))
        for receiver, notice, _ in self.book.announce(notices, going_on, self.state, self.now, told):
            self.told.append((self.passed_seconds, receiver, notice.kind.value))
            self.notices.append(notice)
        for key, body in self.book.take_changes(self.now).items():
            if body is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = body

    def cry(self, episode_id: str = "e1", mic: str = "nursery") -> None:
        """Begin to cry."""
        self.crying[mic] = episode_id
        self.announce(self.notice(NoticeKind.CRYING, episode_id, mic))

    def stop_crying(self, mic: str = "nursery") -> None:
        """Stop crying, and say so."""
        self.announce(self.notice(NoticeKind.CRYING_ENDED, self.crying.pop(mic), mic))

    def notice(self, kind: NoticeKind, key: str, mic: str = "nursery", **facts: str) -> Notice:
        """Return a notice."""
        is_of_episode = kind in {NoticeKind.CRYING, NoticeKind.CRYING_ENDED}
        return Notice(
            f"{kind}-{key}",
            kind,
            mic,
            {**facts, **({"episode_id": key} if is_of_episode else {})},
            happened_at_seconds=self.wall_seconds,
        )

    def let_pass(self, seconds: float, step_seconds: float = 1.0) -> None:
        """Let time pass."""
        for _ in range(int(seconds / step_seconds)):
            self.passed_seconds += step_seconds
            self.monotonic_seconds += step_seconds
            self.wall_seconds += step_seconds
            self.announce()

    def restart(self) -> None:
        """Continue in another process, whose monotonic clock begins elsewhere."""
        self.monotonic_seconds = 7.0
        reminders = [decode_reminder(receiver, body, self.now) for (receiver, _), body in self.rows.items()]
        self.book = ReminderBook(self.rules, [one for one in reminders if one is not None])

    def times(self, receiver: str) -> list[float]:
        """Return when a receiver was told."""
        return [at for at, name, _ in self.told if name == receiver]


def rules(**receivers: str) -> AlertsFile:
    """Return the rules with these receivers, each with the lines of its table."""
    return parse_alerts(
        "\n".join(
            f'[[receivers]]\nname = "{name}"\nurls = "json://{name}"\n{lines}' for name, lines in receivers.items()
        )
    )


def house(mum: str, **others: str) -> ToldHouse:
    """Return a house with these receivers."""
    return ToldHouse(rules(mum=mum, **others))
