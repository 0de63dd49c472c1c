"""When the cry is played, and when a parent is told that nothing hears it."""

from support.policies import POLICY

from tears.alerter.proof.self_test_rule import SelfTestOutcome, SelfTestRule, would_alert


class Chain:
    """A chain that hears or not, and a rule, second by second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rule = SelfTestRule(60.0, 0.0)
        self.played = 0
        self.sent: list[tuple[str, float]] = []
        self.told_at_seconds: list[float] = []
        self.answer_seconds: float | None = 1.0
        self.is_crying = True
        self.scores_of_rooms = False

    def run(self, seconds: float) -> None:
        """Let this time pass."""
        until = self.now + seconds
        while self.now < until:
            self.now += 1.0
            if self.scores_of_rooms:
                self.rule.note_room_score(self.now)
            for session, at in list(self.sent):
                if self.answer_seconds is not None and self.now - at >= self.answer_seconds:
                    self.sent.remove((session, at))
                    self.rule.note_answer(session, is_crying=self.is_crying, now=self.now)
            self.rule.give_up_overdue(self.now)
            if self.rule.is_due(self.now):
                session = f"test-{self.now}"
                self.rule.note_sent(session, self.now)
                self.sent.append((session, self.now))
                self.played += 1
            if self.rule.must_tell(self.now):
                self.rule.is_told = True
                self.told_at_seconds.append(self.now)


def a_chain_that_hears() -> Chain:
    chain = Chain()
    chain.run(10.0)
    assert chain.rule.is_hearing
    return chain


def test_a_dead_chain_is_told_once_and_within_90_seconds_whenever_it_dies() -> None:
    for died_after_seconds in range(60):
        chain = a_chain_that_hears()
        chain.run(float(died_after_seconds))
        died_at = chain.now
        chain.answer_seconds = None
        chain.run(3_600.0)
        assert len(chain.told_at_seconds) == 1
        assert chain.told_at_seconds[0] - died_at <= 85.0


def test_a_cry_is_played_once_a_minute_while_it_is_heard() -> None:
    chain = a_chain_that_hears()
    chain.run(3_600.0)
    assert chain.played == 1 + 60
    assert not chain.told_at_seconds


def test_one_lost_cry_is_not_told() -> None:
    chain = a_chain_that_hears()
    chain.answer_seconds = None
    chain.run(55.0)
    (lost,) = chain.sent
    chain.sent.clear()
    chain.answer_seconds = 1.0
    chain.run(600.0)
    assert lost[1] == 61.0
    assert not chain.told_at_seconds
    assert chain.rule.is_hearing


def test_a_chain_that_catches_up_is_not_told_while_rooms_get_their_scores() -> None:
    chain = a_chain_that_hears()
    chain.scores_of_rooms = True
    chain.answer_seconds = 45.0
    chain.run(95.0)
    chain.answer_seconds = 1.0
    chain.run(600.0)
    assert not chain.told_at_seconds


def test_a_chain_that_stays_slow_is_told() -> None:
    chain = a_chain_that_hears()
    chain.scores_of_rooms = True
    chain.answer_seconds = 45.0
    chain.run(600.0)
    assert len(chain.told_at_seconds) == 1


def test_a_redis_that_starts_again_is_not_told_and_one_that_stays_away_is() -> None:
    for away_seconds, told in ((40, 0), (85, 1)):
        chain = a_chain_that_hears()
        for _ in range(away_seconds):
            chain.now += 1.0
            chain.rule.give_up_overdue(chain.now)
            chain.rule.hurry(chain.now)
            if chain.rule.is_due(chain.now):
                chain.rule.note_sent("not taken", chain.now, is_taken=False)
            if chain.rule.must_tell(chain.now):
                chain.rule.is_told = True
                chain.told_at_seconds.append(chain.now)
        chain.run(600.0)
        assert len(chain.told_at_seconds) == told
        assert chain.rule.is_hearing


def test_a_model_that_does_not_know_a_cry_is_told_although_rooms_get_scores() -> None:
    chain = a_chain_that_hears()
    chain.scores_of_rooms = True
    chain.is_crying = False
    chain.run(65.0)
    assert len(chain.told_at_seconds) == 1
    assert chain.rule.is_unrecognised
    assert not chain.rule.is_hearing


def test_services_that_start_after_the_alerter_are_not_told() -> None:
    chain = Chain()
    chain.answer_seconds = None
    chain.run(50.0)
    chain.sent.clear()
    chain.answer_seconds = 1.0
    chain.run(600.0)
    assert not chain.told_at_seconds


def test_services_that_never_start_are_told() -> None:
    chain = Chain()
    chain.answer_seconds = None
    chain.run(75.0)
    assert len(chain.told_at_seconds) == 1


def is_hearing(rule: SelfTestRule) -> bool | None:
    return rule.is_hearing


def test_only_a_cry_in_time_ends_what_was_told_and_a_late_one_brings_the_next_at_once() -> None:
    rule = SelfTestRule(60.0, 0.0, is_told=True)
    rule.note_sent("late", 0.0)
    assert rule.give_up_overdue(10.0)
    assert rule.note_answer("late", is_crying=True, now=40.0) == (SelfTestOutcome.LATE, 40.0)
    assert not is_hearing(rule)
    assert rule.is_due(40.0)
    rule.note_sent("next", 40.0)
    assert rule.note_answer("next", is_crying=True, now=41.0) == (SelfTestOutcome.HEARD, 1.0)
    assert is_hearing(rule)
    assert not rule.is_due(99.0)
    assert rule.is_due(100.0)


def test_a_test_that_is_not_known_is_of_an_earlier_process() -> None:
    rule = SelfTestRule(60.0, 0.0)
    assert rule.note_answer("of before", is_crying=True, now=1.0) is None
    assert rule.is_hearing is None


def test_the_policy_itself_says_what_would_alert() -> None:
    assert would_alert(POLICY, 0.6, -30.0)
    assert not would_alert(POLICY, 0.59, -30.0)
    assert not would_alert(POLICY, 0.99, -61.0)
    assert not would_alert(POLICY, None, -30.0)
