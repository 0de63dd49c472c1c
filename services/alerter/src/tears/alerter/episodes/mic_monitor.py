"""Follows one microphone: puts its detections in order, tracks its episodes, and notices when it is deaf.

No I/O, and no clock of its own.
"""

import logging
import math
from collections.abc import Iterable
from dataclasses import replace

from tears.alerter.episodes.deafness_rule import DeafnessRule
from tears.alerter.episodes.episode_tracker import EpisodeTracker
from tears.alerter.episodes.monitor_state import AlertRules, Effects, MonitorState, Now
from tears.alerter.notices.room_notices import (
    listening_again_notice,
    not_back_facts,
    not_listening_facts,
    not_listening_notice,
    overloaded_facts,
)
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.order.window_order import DetectionOutcome, OrderedStep, SessionEnded, WindowOrder
from tears.kit.messages import Ending
from tears.kit.registry.mic_state import OVER, OVER_FOR_GOOD, MicState
from tears.policy.parameters import Policy

logger = logging.getLogger(__name__)

# A wait this short is not saved, and neither is a change this small.
SHORT_WAIT_SECONDS = 5.0


class MicMonitor:
    """The monitor of one microphone. Others may read its attributes.

    Attributes:
        state: what must survive the process.
        order: the order of its detections.
        mic_state: the microphone's state in the registry; empty before the first look.
        has_scored: whether a score has come since this process began.
    """

    def __init__(
        self,
        state: MonitorState,
        rules: AlertRules,
        now: Now,
        held: Iterable[ReceivedDetection] = (),
        started_at_wall_seconds: float | None = None,
    ) -> None:
        """Continue from `state`, with the detections that an earlier process held.

        `started_at_wall_seconds` is the wall clock at the start of this process; None if that is now.
        """
        self.state = state
        self._started_at_wall_seconds = now.wall_seconds if started_at_wall_seconds is None else started_at_wall_seconds
        # The session of a recorder that had been stopped at the first look into the registry; None before that look.
        self._stopped_session: str | None = None
        self._is_retired = False
        self.mic_state = ""
        self.has_scored = False
        self._rules = rules
        self.order = WindowOrder(rules.lateness_seconds, now.monotonic_seconds, state.position, held)
        self._deafness = DeafnessRule(rules.deaf_seconds, now.monotonic_seconds, state.hearing)
        self._tracker = EpisodeTracker(rules.policy_of(state.mic), state)

    @property
    def policy(self) -> Policy:
        """When scores become an episode; another one counts from the next window on."""
        return self._tracker.policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._tracker.policy = policy

    def state_to_save(self) -> MonitorState:
        """Return `state` with what the order remembers. It belongs to the monitor: do not change it."""
        self.state.position = self.order.state()
        return self.state

    def expect_again(self, now: Now) -> bool:
        """Expect scores of a microphone whose recorder was stopped before a restart; return whether that is new."""
        return self._deafness.expect_again(now.monotonic_seconds)

    def note_waits(self, now: Now) -> bool:
        """Note in the state how long something has been waited for; return whether that should be saved.

        A process that is restarted again and again would otherwise wait forever. Short waits are not worth a commit.
        """
        waits = [self._deafness.waited_seconds(now.monotonic_seconds), self.order.waited_seconds(now.monotonic_seconds)]
        listening, gap = (seconds if seconds >= SHORT_WAIT_SECONDS else 0.0 for seconds in waits)
        hearing, position = self.state.hearing, self.order
        is_news = _differ(listening, hearing.waited_seconds) or _differ(gap, position.noted_wait_seconds)
        if is_news:
            hearing.waited_seconds, position.noted_wait_seconds = listening, gap
        return is_news

    def receive(self, detection: ReceivedDetection, now: Now) -> Effects:
        """Take in a detection from the stream."""
        effects = Effects(has_changed=True)
        effects.outcome, steps = self.order.push(detection)
        if effects.outcome is DetectionOutcome.TAKEN:
            self._update_deafness(detection, now, effects)
        self._judge(steps, now, effects)
        return effects

    def give_up_overdue(self, now: Now) -> Effects:
        """Stop waiting for detections whose time has passed."""
        effects = Effects()
        self._judge(self.order.give_up_overdue(now.monotonic_seconds), now, effects)
        return effects

    def update_registration(self, session: str, mic_state: str, now: Now, heartbeat_seconds: float = 0.0) -> bool:
        """Note what the registry says of the microphone; return whether that has changed what is expected.

        That a heartbeat changes shows that the recorder lives; its value means nothing here.
        """
        before = replace(self.state.hearing)
        if self._stopped_session is None:
            self._stopped_session = session if mic_state == MicState.STOPPED else ""
        self.mic_state = mic_state
        self._deafness.set_mic_state(mic_state)
        self._is_retired = mic_state == MicState.RETIRED
        self.order.sessions.registered = session
        is_ended = session == self.state.hearing.ended_session
        if self._is_retired or (mic_state in OVER_FOR_GOOD and is_ended):
            self._deafness.finish(session)
        elif mic_state in OVER and not is_ended and not self.order.sessions.is_known(session):
            # Usually the session ended before there was sound, so nothing of it will come, not even its end. If windows
            # of it are still under way, they are judged when they come, but are not expected.
            self._end_listening(session, now)
        else:
            if mic_state not in OVER and self._deafness.is_end_false(session, heartbeat_seconds, now.monotonic_seconds):
                self._reopen(session, now)
            self._deafness.expect_session(session, now.monotonic_seconds)
        return self.state.hearing != before

    def check_deafness(self, now: Now) -> Effects:
        """Warn a parent if there has been no score for too long, and end the episode of a retired room."""
        effects = Effects()
        self._end_retired_episode(effects)
        if self._deafness.check(now.monotonic_seconds):
            state = self.state
            effects.has_changed = True
            state.deaf_times += 1
            self._tracker.end_episode(Ending.DEAF, effects)
            facts = not_listening_facts(self._deafness.fault, self._rules.deaf_seconds)
            if state.hearing.awaited and not self._deafness.fault:
                facts = not_back_facts()
            elif state.is_overloaded and not self._deafness.fault:
                facts = overloaded_facts(self._rules.deaf_seconds)
            effects.notices.append(not_listening_notice(state.mic, state.deaf_times, facts, now.wall_seconds))
        return effects

    def _end_retired_episode(self, effects: Effects) -> None:
        """End the open episode of a retired room, which neither quiet nor deafness would ever end."""
        if self._is_retired and self.state.open_episode is not None:
            effects.has_changed = True
            self._tracker.end_episode(Ending.END_OF_SESSION, effects)

    def _reopen(self, session: str, now: Now) -> None:
        state = self.state
        logger.warning("session %s of %s has announced its end, and goes on", session, state.mic)
        judged_until = state.last_index if state.session == session else None
        self.order.reopen(session, 0 if judged_until is None else judged_until + 1, now.monotonic_seconds)
        if state.session == session:
            state.ended = False

    def _update_deafness(self, detection: ReceivedDetection, now: Now, effects: Effects) -> None:
        """Apply the deafness rule to a detection when it comes, even if it then waits in the order."""
        if detection.ends_session:
            if self.order.sessions.newest in {detection.session, None}:
                self._end_listening(detection.session, now, detection.captured_at_seconds)
            return
        if self._stopped_session is None and detection.captured_at_seconds >= self._started_at_wall_seconds:
            # It listens, so the first look will not show what was before.
            self._stopped_session = ""
        self._deafness.expect_session(detection.session, now.monotonic_seconds)
        self.has_scored = self.has_scored or detection.score is not None
        if detection.score is not None and self._deafness.count_score(detection.session, now.monotonic_seconds):
            effects.notices.append(listening_again_notice(self.state.mic, self.state.deaf_times, now.wall_seconds))

    def _end_listening(self, session: str, now: Now, captured_at_seconds: float = math.inf) -> None:
        """Expect nothing more of the newest session, but its recorder back if it was stopped before this process."""
        if session == self._stopped_session or captured_at_seconds < self._started_at_wall_seconds:
            self._deafness.await_return(session, now.monotonic_seconds)
        else:
            self._deafness.end_session(session, now.monotonic_seconds)

    def _judge(self, steps: Iterable[OrderedStep], now: Now, effects: Effects) -> None:
        crying_seconds_before = self.state.policy.crying_seconds
        for step in steps:
            effects.has_changed = True
            if isinstance(step, SessionEnded):
                effects.missing += step.missing
                effects.surplus += step.surplus
                self._tracker.end_session(step, effects)
            else:
                effects.missing += step.missing_before
                self._tracker.judge_window(step, now, effects)
        effects.crying_seconds = self.state.policy.crying_seconds - crying_seconds_before


def _differ(one_seconds: float, other_seconds: float) -> bool:
    return abs(one_seconds - other_seconds) >= SHORT_WAIT_SECONDS
