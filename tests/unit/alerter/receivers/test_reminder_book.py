"""Who is told what, and when, on a clock that the test moves."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from tears.alerter.commands.house_state import HouseState, Silence, SilenceKind, deafness_subject
from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import ListeningFault, NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.receivers.reminders.reminder import GoingOn
from tears.alerter.receivers.reminders.reminder_book import ReminderBook
from tears.alerter.receivers.reminders.reminder_rows import decode_reminder
from tears.alerter.receivers.rules.alerts_file import parse_alerts
from tears.alerter.receivers.rules.receiver_rule import AlertsFile

EVENING = 1_780_000_000.0  # 2026-05-28 20:26:40 UTC


@dataclass
class House:
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
        return Now(self.monotonic_seconds, self.wall_seconds)

    @property
    def state(self) -> HouseState:
        silence = Silence(SilenceKind.SNOOZE, ends_at_seconds=math.inf)
        return HouseState(dict.fromkeys(self.snoozed, silence), tuple(self.acknowledged))

    def announce(self, *notices: Notice, told: Sequence[Notice] = ()) -> None:
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
        self.crying[mic] = episode_id
        self.announce(self.notice(NoticeKind.CRYING, episode_id, mic))

    def stop_crying(self, mic: str = "nursery") -> None:
        self.announce(self.notice(NoticeKind.CRYING_ENDED, self.crying.pop(mic), mic))

    def notice(self, kind: NoticeKind, key: str, mic: str = "nursery", **facts: str) -> Notice:
        is_of_episode = kind in {NoticeKind.CRYING, NoticeKind.CRYING_ENDED}
        return Notice(
            f"{kind}-{key}",
            kind,
            mic,
            {**facts, **({"episode_id": key} if is_of_episode else {})},
            happened_at_seconds=self.wall_seconds,
        )

    def let_pass(self, seconds: float, step_seconds: float = 1.0) -> None:
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
        return [at for at, name, _ in self.told if name == receiver]


def rules(**receivers: str) -> AlertsFile:
    """Return the rules with these receivers, each with the lines of its table."""
    return parse_alerts(
        "\n".join(
            f'[[receivers]]\nname = "{name}"\nurls = "json://{name}"\n{lines}' for name, lines in receivers.items()
        )
    )


def house(mum: str, **others: str) -> House:
    """Return a house with these receivers."""
    return House(rules(mum=mum, **others))


# Dad is told only if nobody else reacts.
RESERVE = 'kinds = "night_report"'


def test_a_receiver_is_told_again_until_it_was_told_often_enough() -> None:
    one = house("repeat_seconds = 60\nrepeat_most = 3")
    one.cry()
    one.let_pass(600)
    assert one.told == [
        (0.0, "mum", "crying"),
        (60.0, "mum", "still_crying"),
        (120.0, "mum", "still_crying"),
        (180.0, "mum", "still_crying"),
    ]
    assert len({notice.key for notice in one.notices}) == 4


def test_without_repeats_a_receiver_is_told_once() -> None:
    one = house("")
    one.cry()
    one.let_pass(600)
    assert one.told == [(0.0, "mum", "crying")]


def test_an_acknowledgement_ends_repeats_and_escalation_of_that_episode_only() -> None:
    one = house('repeat_seconds = 60\nescalate_to = "dad"\nescalate_after_seconds = 90', dad=RESERVE)
    one.cry()
    one.let_pass(70)
    one.acknowledged.add("e1")
    one.let_pass(600)
    assert one.times("mum") == [0.0, 60.0]
    assert one.times("dad") == []
    one.crying.clear()
    one.announce()
    one.cry("e2")
    one.let_pass(100)
    assert one.times("dad") == [760.0]


def test_the_end_of_the_crying_ends_the_repeats_and_forgets_the_plan() -> None:
    one = house('repeat_seconds = 60\nkinds = ["crying", "crying_ended"]')
    one.cry()
    one.let_pass(70)
    one.stop_crying()
    one.let_pass(600)
    assert [kind for _, _, kind in one.told] == ["crying", "still_crying", "crying_ended"]
    assert one.rows == {}


def test_an_episode_that_ends_without_a_notice_ends_the_repeats() -> None:
    one = house("repeat_seconds = 60")
    one.cry()
    one.crying.clear()
    one.let_pass(600)
    assert one.times("mum") == [0.0]
    assert one.rows == {}


def test_nobody_listening_is_repeated_until_somebody_listens_again() -> None:
    one = house("repeat_seconds = 60")
    one.deaf.add("nursery")
    one.announce(one.notice(NoticeKind.NOT_LISTENING, "n1"))
    one.let_pass(70)
    one.deaf.clear()
    one.announce(one.notice(NoticeKind.LISTENING_AGAIN, "n2"))
    one.let_pass(600)
    assert one.told == [(0.0, "mum", "not_listening"), (60.0, "mum", "not_listening"), (70.0, "mum", "listening_again")]


def test_a_trouble_of_the_house_is_repeated_until_that_trouble_is_over() -> None:
    one = house("repeat_seconds = 60")
    one.announce(one.notice(NoticeKind.NOT_LISTENING, "n1", mic="", trouble="memory_only", reason="memory_only"))
    one.let_pass(70)
    one.announce(one.notice(NoticeKind.LISTENING_AGAIN, "n2", mic="", trouble="self_test"))
    one.let_pass(60)
    one.announce(one.notice(NoticeKind.LISTENING_AGAIN, "n3", mic="", trouble="memory_only"))
    one.let_pass(600)
    assert [kind for _, _, kind in one.told] == [
        "not_listening",
        "not_listening",
        "listening_again",
        "not_listening",
        "listening_again",
    ]


def test_a_trouble_that_is_over_when_it_is_told_is_not_repeated() -> None:
    one = house("repeat_seconds = 60")
    one.announce(one.notice(NoticeKind.NOT_LISTENING, "n1", mic="", reason=ListeningFault.MEMORY_DAMAGED.value))
    one.let_pass(600)
    assert one.times("mum") == [0.0]


def test_crying_that_is_shorter_than_the_receiver_wants_is_not_told_and_neither_is_its_end() -> None:
    one = house('after_seconds = 120\nkinds = ["crying", "crying_ended"]')
    one.cry()
    one.let_pass(119)
    one.stop_crying()
    one.let_pass(600)
    assert one.told == []
    one.cry("e2")
    one.let_pass(130)
    one.stop_crying()
    assert one.told == [(839.0, "mum", "crying"), (849.0, "mum", "crying_ended")]


def test_crying_that_is_read_late_and_is_over_is_told_unless_it_should_last_longer() -> None:
    for text, expected in (("", ["crying", "crying_ended"]), ("after_seconds = 20", [])):
        one = house(f'kinds = ["crying", "crying_ended"]\n{text}')
        one.announce(one.notice(NoticeKind.CRYING, "e1"), one.notice(NoticeKind.CRYING_ENDED, "e1"))
        one.let_pass(60)
        assert [kind for _, _, kind in one.told] == expected


def test_the_next_receiver_is_told_once_and_then_gets_its_own_repeats_whatever_its_own_rule_says() -> None:
    one = house(
        'escalate_to = "dad"\nescalate_after_seconds = 90',
        dad=f'{RESERVE}\nrooms = "attic"\nhours = "08:00-09:00"\nrepeat_seconds = 30\nrepeat_most = 2\n'
        'escalate_to = "mum"\nescalate_after_seconds = 60',
    )
    one.cry()
    one.let_pass(600)
    assert one.told == [
        (0.0, "mum", "crying"),
        (90.0, "dad", "crying"),
        (120.0, "dad", "still_crying"),
        (150.0, "dad", "still_crying"),
    ]


def test_a_receiver_that_was_told_already_is_not_told_again_by_an_escalation() -> None:
    one = house('escalate_to = "dad"\nescalate_after_seconds = 90', dad="")
    one.cry()
    one.let_pass(600)
    assert one.told == [(0.0, "mum", "crying"), (0.0, "dad", "crying")]


def test_an_escalation_does_not_wait_for_the_time_that_the_next_receiver_would_wait() -> None:
    one = house('escalate_to = "dad"\nescalate_after_seconds = 90', dad="after_seconds = 300")
    one.cry()
    one.let_pass(600)
    assert one.times("dad") == [90.0]


def test_crying_that_goes_on_when_the_hours_of_a_receiver_begin_is_told_then() -> None:
    # 20:26:40 UTC, in the tests' own time zone.
    one = house('hours = "20:30-06:00"')
    one.cry()
    one.let_pass(190)
    assert one.times("mum") == []
    one.let_pass(60)
    assert len(one.times("mum")) == 1
    assert 200.0 <= one.times("mum")[0] <= 230.0


def test_repeats_pause_after_the_hours_of_a_receiver_but_the_end_is_told() -> None:
    one = house('hours = "20:00-20:30"\nrepeat_seconds = 60\nkinds = ["crying", "crying_ended"]')
    one.cry()
    one.let_pass(400)
    one.stop_crying()
    assert one.times("mum") == [0.0, 60.0, 120.0, 180.0, 400.0]


def test_quiet_hours_leave_out_what_is_no_reason_to_wake_anybody() -> None:
    one = House(
        parse_alerts(
            'quiet_hours = "20:00-22:00"\n[[receivers]]\nname = "mum"\nurls = "json://m"\nrepeat_seconds = 60\n'
            'kinds = ["crying", "crying_ended", "not_listening", "listening_again", "night_report"]'
        )
    )
    one.cry()
    one.let_pass(60)
    one.stop_crying()
    one.announce(one.notice(NoticeKind.NIGHT_REPORT, "r1", mic=""))
    one.announce(one.notice(NoticeKind.LISTENING_AGAIN, "n1"))
    one.announce(one.notice(NoticeKind.TEST, "t1", mic=""))
    assert [kind for _, _, kind in one.told] == ["crying", "still_crying", "listening_again", "test"]


def test_a_receiver_is_told_of_its_rooms_and_kinds_only() -> None:
    one = house('rooms = "attic"\nkinds = "crying"', dad="")
    one.cry()
    one.cry("e2", "attic")
    one.announce(one.notice(NoticeKind.LISTENING_AGAIN, "n1", "attic"))
    assert one.told == [
        (0.0, "dad", "crying"),
        (0.0, "mum", "crying"),
        (0.0, "dad", "crying"),
        (0.0, "dad", "listening_again"),
    ]


def test_a_snoozed_room_tells_nothing_of_crying_until_the_snooze_is_over() -> None:
    one = house("repeat_seconds = 60")
    one.snoozed.add("nursery")
    one.deaf.add("nursery")
    one.cry()
    one.announce(one.notice(NoticeKind.NOT_LISTENING, "n1"))
    one.let_pass(59)
    assert [kind for _, _, kind in one.told] == ["not_listening"]
    one.deaf.clear()
    one.let_pass(600)
    one.snoozed.clear()
    one.let_pass(61)
    assert one.told[1:] == [(660.0, "mum", "crying"), (720.0, "mum", "still_crying")]


@pytest.mark.parametrize("step_seconds", [-1.7e9, -86_400.0, -3_600.0, 3_600.0, 86_400.0])
def test_a_clock_that_is_set_neither_repeats_nor_delays_anything(step_seconds: float) -> None:
    one = house('repeat_seconds = 60\nrepeat_most = 4\nescalate_to = "dad"\nescalate_after_seconds = 150', dad=RESERVE)
    one.cry()
    one.let_pass(70)
    one.wall_seconds += step_seconds
    one.let_pass(70)
    one.wall_seconds -= step_seconds
    one.let_pass(460)
    assert one.times("mum") == [0.0, 60.0, 120.0, 180.0, 240.0]
    assert one.times("dad") == [150.0]


def test_a_clock_at_1970_silences_no_receiver_that_has_hours() -> None:
    one = house('hours = "08:00-09:00"\nrepeat_seconds = 60\nrepeat_most = 1')
    one.wall_seconds = 100.0
    one.cry()
    one.let_pass(300)
    assert one.times("mum") == [0.0, 60.0]


def test_an_acknowledged_room_to_which_nobody_listens_is_not_repeated() -> None:
    one = house("repeat_seconds = 60")
    one.deaf.add("nursery")
    one.announce(one.notice(NoticeKind.NOT_LISTENING, "n1"))
    one.acknowledged.add(deafness_subject("nursery"))
    one.let_pass(600)
    assert one.times("mum") == [0.0]


def test_an_episode_that_is_told_afresh_after_a_snooze_begins_again() -> None:
    one = house("repeat_seconds = 60\nrepeat_most = 1")
    one.cry()
    one.let_pass(300)
    notice = one.notice(NoticeKind.CRYING, "e1")
    one.announce(replace(notice, key="another"))
    one.let_pass(300)
    assert one.times("mum") == [0.0, 60.0, 300.0, 360.0]


def test_a_process_that_slept_repeats_once_and_not_for_all_the_time() -> None:
    one = house("repeat_seconds = 60")
    one.cry()
    one.let_pass(3_600, step_seconds=3_600.0)
    assert one.times("mum") == [0.0, 3_600.0]
    one.let_pass(61)
    assert one.times("mum") == [0.0, 3_600.0, 3_660.0]


def test_a_restart_forgets_no_repeat_and_no_escalation() -> None:
    one = house('repeat_seconds = 60\nrepeat_most = 3\nescalate_to = "dad"\nescalate_after_seconds = 100', dad=RESERVE)
    one.cry()
    for _ in range(40):
        # What is left to wait is saved every five seconds, so no restart costs more than that.
        one.let_pass(10)
        one.restart()
    assert [kind for _, name, kind in one.told if name == "mum"] == ["crying", *["still_crying"] * 3]
    assert len(one.times("dad")) == 1
    for late, expected in zip(one.times("mum"), [0.0, 60.0, 120.0, 180.0], strict=True):
        assert expected <= late <= expected * 1.6


def test_a_notice_that_an_earlier_process_told_is_only_repeated() -> None:
    one = house("repeat_seconds = 60\nrepeat_most = 1")
    one.crying["nursery"] = "e1"
    one.announce(told=[one.notice(NoticeKind.CRYING, "e1")])
    one.let_pass(600)
    assert one.told == [(60.0, "mum", "still_crying")]
    assert one.book.has_reminder_of("e1")


def test_other_rules_apply_at_once_and_the_reminders_of_receivers_that_are_gone_end() -> None:
    one = house("repeat_seconds = 60", dad="")
    one.cry()
    one.let_pass(10)
    one.book.rules = rules(dad="repeat_seconds = 30")
    one.let_pass(600)
    assert one.times("mum") == [0.0]
    assert [name for name, _ in one.rows] == ["dad"]


def test_what_has_not_changed_is_not_saved_again_at_once() -> None:
    one = house("repeat_seconds = 60")
    one.cry()
    one.book.take_changes(one.now)
    assert one.book.take_changes(one.now) == {}
    one.book.save_all_again()
    assert list(one.book.take_changes(one.now)) == [("mum", "e1")]
