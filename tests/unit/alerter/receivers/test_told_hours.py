"""Hours, rooms and snoozes: who is told of what goes on, and when."""

from support.alerter.told_house import ToldHouse, house

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.receivers.rules.alerts_file import parse_alerts


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
    one = ToldHouse(
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
