"""The self-test: plays a cry to the whole chain once a minute, and says which stage has not passed it on."""

import logging
import uuid
from dataclasses import dataclass, field

import redis
from redis.exceptions import NoPermissionError

from tears.alerter.notices.notice import Fact
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.proof.failed_stage import FailedStage
from tears.alerter.proof.proof_metrics import ProofMetrics
from tears.alerter.proof.self_test_rule import CRY_ANSWER_SECONDS, SelfTestOutcome, SelfTestRule, would_alert
from tears.alerter.proof.self_test_sound import SelfTestSound
from tears.alerter.proof.self_test_stream import SelfTestStream
from tears.kit.clock import Clock
from tears.kit.redis_client import is_refused_key, why
from tears.policy.parameters import Policy

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class SelfTest:
    """One cry a period, from the chunks to the policy's answer. The loop's thread calls everything here."""

    rule: SelfTestRule
    sound: SelfTestSound
    stream: SelfTestStream
    policy: Policy
    metrics: ProofMetrics
    clock: Clock
    # Why Redis has not taken the last test; empty if it has.
    _refusal: str = field(default="", init=False)
    # What the last answer that was no cry said.
    _answer: dict[str, Fact] = field(default_factory=dict, init=False)
    _is_forbidden: bool = field(default=False, init=False)

    def receive(self, detection: ReceivedDetection) -> None:
        """Take in what came back from the chain."""
        is_crying = would_alert(self.policy, detection.score, detection.level_dbfs)
        result = self.rule.note_answer(detection.session, is_crying=is_crying, now=self.clock.monotonic_seconds())
        if result is None:  # of an earlier process, or long given up
            return
        outcome, took_seconds = result
        self.metrics.self_tests.labels(outcome.value).inc()
        self.metrics.self_test_seconds.observe(took_seconds)
        if detection.score is not None:
            self.metrics.self_test_score.set(detection.score)
        if outcome is SelfTestOutcome.UNRECOGNISED:
            self._answer = {"score": detection.score if detection.score is not None else "", "answer": detection.reason}
            logger.warning("the cry of the self-test was not recognised: %s", self._answer)

    def pass_time(self) -> None:
        """Give up what is overdue, and begin the next test. Call it when nothing is left to read."""
        now = self.clock.monotonic_seconds()
        if self.rule.give_up_overdue(now):
            self.metrics.self_tests.labels(SelfTestOutcome.MISSED.value).inc()
            logger.warning("the cry of the self-test has not come back within %.0f s", CRY_ANSWER_SECONDS)
        if not self.rule.is_due(now):
            return
        session = str(uuid.uuid4())
        try:
            self.stream.send(self.sound.chunks(session, self.clock.wall_seconds()))
        except redis.RedisError as error:
            self._note_refusal(session, error, now)
        else:
            self._refusal, self._is_forbidden = "", False
            self.rule.note_sent(session, now)

    def pass_time_without_redis(self, reason: str) -> None:
        """Let a test fail, because Redis does not answer anything."""
        now = self.clock.monotonic_seconds()
        if self.rule.give_up_overdue(now):
            self.metrics.self_tests.labels(SelfTestOutcome.MISSED.value).inc()
        self.rule.hurry(now)
        if self.rule.is_due(now):
            self._refusal = reason
            self.rule.note_sent(str(uuid.uuid4()), now, is_taken=False)

    @property
    def is_well(self) -> bool:
        """Return whether the last cry was heard, or none may be played."""
        return self._is_forbidden or bool(self.rule.is_hearing)

    def is_failing(self) -> bool:
        """Return whether a failure has to be told, or was told and is not over."""
        if self.rule.must_tell(self.clock.monotonic_seconds()):
            self.rule.is_told = True
        elif self.rule.is_told and self.rule.is_hearing:
            self.rule.is_told = False
        return self.rule.is_told

    def failure(self) -> dict[str, Fact]:
        """Return the facts about a failure: the stage at fault, and what more is known."""
        stage, error = self._failed_stage()
        return {"stage": stage.value, "error": error}

    def _failed_stage(self) -> tuple[FailedStage, str]:
        if self._refusal:
            return FailedStage.REDIS, self._refusal
        if self.rule.is_unrecognised:
            return FailedStage.MODEL, ", ".join(f"{name}: {value}" for name, value in self._answer.items())
        if self.rule.is_slow(self.clock.monotonic_seconds()):
            return FailedStage.OVERLOAD, ""
        try:
            return self.stream.failed_stage(), ""
        except NoPermissionError as error:
            return FailedStage.UNKNOWN, why(error)
        except redis.RedisError as error:
            return FailedStage.REDIS, why(error)

    def _note_refusal(self, session: str, error: redis.RedisError, now: float) -> None:
        if not is_refused_key(error):
            self._refusal = why(error)
            self.rule.note_sent(session, now, is_taken=False)
            return
        # The rights of an earlier release: rooms are listened to all the same, so this is no fault of the chain.
        if not self._is_forbidden:
            logger.warning("the self-test is left out: %s; make the users of Redis anew", why(error))
        self._is_forbidden = True
        self.metrics.self_tests.labels(SelfTestOutcome.FORBIDDEN.value).inc()
        self.rule.postpone(now)
