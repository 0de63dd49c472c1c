"""Who is told again and who is told instead, on a clock that the test moves."""

from support.alerter.told_house import house

from tears.alerter.notices.kinds import ListeningFault, NoticeKind

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
