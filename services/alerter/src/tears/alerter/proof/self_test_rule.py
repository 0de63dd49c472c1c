"""The rule of the self-test: when to play the cry, and when a parent must be told that nothing hears it.

A test has *failed* if the cry was not recognised within 10 s. The next test then follows at once, and two failures in a
row are told, so a single lost window is not. A dead stage is told after 80 s at most: the pause between two tests, and
twice 10 s.

A chain that is only slow still hears: after an outage, for example, while it catches up. So as long as scores of rooms
come in, a missing answer is told only after a minute. So is a Redis that takes nothing, because it may be starting
again. An answer that is wrong is no question of time.

No I/O, and no clock: `now` is monotonic seconds.
"""

import enum
from dataclasses import dataclass

from tears.policy.episode_rule import EpisodeOpened, Observation, PolicyState, observe_window
from tears.policy.parameters import Policy

CRY_ANSWER_SECONDS = 10.0
# An answer that is this late does not count as a failure.
LATE_CRY_SECONDS = 20.0
FAILURES_IN_A_ROW = 2
# Scores of rooms have come within this time: the chain works.
PROGRESS_SECONDS = 15.0
# A chain that is slower than this is told like one that is dead.
SLOWEST_SECONDS = 60.0
# The other services may start this long after the alerter.
CHAIN_STARTING_SECONDS = 60.0
# The tests that are remembered, for answers that come late.
MOST_UNANSWERED_TESTS = 16


class SelfTestOutcome(enum.StrEnum):
    """What became of a test."""

    # The cry was recognised in time.
    HEARD = "heard"
    # It was recognised, but late.
    LATE = "late"
    # There is an answer, and it is not that of a cry.
    UNRECOGNISED = "unrecognised"
    # No answer came in time.
    MISSED = "missed"
    # The user of Redis may not write the cry, so there was no test.
    FORBIDDEN = "forbidden"


@dataclass(slots=True)
class _SentTest:
    sent_at_seconds: float
    has_failed: bool = False


class SelfTestRule:
    """Applies the rule. The caller plays the cry, and reads the answers."""

    def __init__(self, period_seconds: float, now: float, *, is_told: bool = False) -> None:
        """Begin with a test at once; `is_told` if an earlier process has told of a failure that may still last."""
        self.is_told = is_told
        # Whether the last test that is over was heard in time; None before the first.
        self.is_hearing: bool | None = None
        self._period_seconds = period_seconds
        self._started_at_seconds = now
        self._next_at_seconds = now
        # The tests without an answer, by session, oldest first.
        self._sent: dict[str, _SentTest] = {}
        self._latest: _SentTest | None = None
        self._failures = 0
        # When the first of the failed tests was sent, and whether the last of them had a wrong answer.
        self._failing_since_seconds = 0.0
        self.is_unrecognised = False
        self._has_heard = False
        self._is_taken = True
        self._room_score_at_seconds = float("-inf")

    def is_due(self, now: float) -> bool:
        """Return whether to play the cry now. Only one test at a time is under way."""
        return self._latest is None and now >= self._next_at_seconds

    def hurry(self, now: float) -> None:
        """Test as soon as possible: there is a sign that something is wrong, or well again."""
        self._next_at_seconds = min(self._next_at_seconds, now)

    def postpone(self, now: float) -> None:
        """Leave out the test that is due; the next one follows after the usual pause."""
        self._next_at_seconds = now + self._period_seconds

    def note_sent(self, session: str, now: float, *, is_taken: bool = True) -> None:
        """Note that a test has begun, or that Redis has not taken it, so that it fails in the same time."""
        if is_taken and not self._is_taken:
            # Redis is back, and what failed without it says nothing about the stages.
            self._failures = 0
        self._is_taken = is_taken
        self._latest = self._sent[session] = _SentTest(now)
        while len(self._sent) > MOST_UNANSWERED_TESTS:
            del self._sent[next(iter(self._sent))]
        self._next_at_seconds = now + self._period_seconds

    def note_room_score(self, now: float) -> None:
        """Note that a score of a room has come."""
        self._room_score_at_seconds = now

    def note_answer(self, session: str, *, is_crying: bool, now: float) -> tuple[SelfTestOutcome, float] | None:
        """Note the answer to a test; return its outcome and its seconds; None if the test is not known.

        Only a cry that is recognised in time ends a failure that was told.
        """
        test = self._sent.pop(session, None)
        if test is None:
            return None
        took_seconds = now - test.sent_at_seconds
        if test is self._latest:
            self._latest = None
        if not is_crying:
            self.is_unrecognised = True
            if not test.has_failed:
                self._fail(test, now)
            return SelfTestOutcome.UNRECOGNISED, took_seconds
        self.is_unrecognised = False
        is_in_time = took_seconds <= CRY_ANSWER_SECONDS
        if took_seconds <= LATE_CRY_SECONDS:
            self._failures = 0
        if is_in_time:
            self.is_hearing = self._has_heard = True
        else:
            # Something works again.
            self.hurry(now)
        return SelfTestOutcome.HEARD if is_in_time else SelfTestOutcome.LATE, took_seconds

    def give_up_overdue(self, now: float) -> bool:
        """Give up the test whose time is over; return whether there is one. Call it when nothing is left to read."""
        test = self._latest
        if test is None or now - test.sent_at_seconds < CRY_ANSWER_SECONDS:
            return False
        self._latest = None
        self.is_unrecognised = False
        self._fail(test, now)
        return True

    def is_slow(self, now: float) -> bool:
        """Return whether the scores of rooms show that the chain works, although the cry was not heard."""
        return not self.is_unrecognised and now - self._room_score_at_seconds < PROGRESS_SECONDS

    def must_tell(self, now: float) -> bool:
        """Return whether a parent must be told now that the cry is not heard; the caller then sets `is_told`."""
        if self.is_told or self._failures < FAILURES_IN_A_ROW:
            return False
        if not self._has_heard and now - self._started_at_seconds < CHAIN_STARTING_SECONDS:
            return False
        # Redis may be starting again.
        may_recover = self.is_slow(now) or not self._is_taken
        return not may_recover or now - self._failing_since_seconds >= SLOWEST_SECONDS

    def _fail(self, test: _SentTest, now: float) -> None:
        test.has_failed = True
        self.is_hearing = False
        if not self._failures:
            self._failing_since_seconds = test.sent_at_seconds
        self._failures += 1
        if not self.is_told:
            self._next_at_seconds = max(now, test.sent_at_seconds + (CRY_ANSWER_SECONDS if self._failures > 1 else 0.0))


def would_alert(policy: Policy, score: float | None, level_dbfs: float) -> bool:
    """Return whether a room whose windows all had this score and level would have an alert: the policy's own answer."""
    state = PolicyState()
    seconds = 0.0
    while seconds <= policy.span_seconds + 1.0:
        state, changes = observe_window(policy, state, Observation(seconds, score, level_dbfs))
        if any(isinstance(change, EpisodeOpened) for change in changes):
            return True
        seconds += 1.0
    return False
