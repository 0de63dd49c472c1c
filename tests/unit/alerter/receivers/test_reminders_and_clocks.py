"""Clocks that are set, restarts and other rules: no repeat is lost or doubled."""

from dataclasses import replace

import pytest
from support.alerter.told_house import house, rules

from tears.alerter.commands.house_state import deafness_subject
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.receivers.reminders import reminder_book

# Dad is told only if nobody else reacts.
RESERVE = 'kinds = "night_report"'


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


def test_troubles_that_are_never_called_off_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_book, "MOST_REMINDERS", 6)
    one = house("repeat_seconds = 60", dad="")
    for number in range(10):
        one.announce(one.notice(NoticeKind.NOT_LISTENING, f"n{number}", mic="", trouble=f"t{number}"))
    assert sorted({occasion for _, occasion in one.rows}) == [f"not_listening-n{k}" for k in (7, 8, 9)]
    assert len(one.times("mum")) == 10


def test_what_has_not_changed_is_not_saved_again_at_once() -> None:
    one = house("repeat_seconds = 60")
    one.cry()
    one.book.take_changes(one.now)
    assert one.book.take_changes(one.now) == {}
    one.book.save_all_again()
    assert list(one.book.take_changes(one.now)) == [("mum", "e1")]
