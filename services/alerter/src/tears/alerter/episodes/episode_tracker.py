"""Judges one microphone's ordered windows by the policy, and opens and closes its episodes.

The policy's clock runs on through all sessions of a microphone, so that a hiccup in the middle of an episode does not
alert twice. On this clock a new session starts after the end of the last judged window. The time between the two is the
time that passed at the alerter until the session's first window came, minus the time that this window covers; it is
never negative. The alerter measures it with the monotonic clock, but after a restart with the wall clock.

No I/O, and no clock of its own.
"""

from tears.alerter.episodes.episode_messages import OpenEpisode, closed_message, episode_id_of, opened_message
from tears.alerter.episodes.monitor_state import Effects, MonitorState, Now
from tears.alerter.notices.room_notices import crying_ended_notice, crying_notice
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.order.window_order import SessionEnded
from tears.kit.messages import Ending, TombstoneReason
from tears.kit.messages.window import SILENT_LEVEL_DBFS
from tears.policy.episode_rule import (
    CryingEpisode,
    EpisodeClosed,
    Observation,
    bridge_break,
    close_episode,
    observe_window,
    resumable_until_seconds,
)
from tears.policy.parameters import Policy

# A microphone that was away for longer begins anew; its room has been reported as not listened to by then.
MOST_BREAK_SECONDS = 120.0
_OVERLOADED = TombstoneReason.OVERLOADED.name.lower()


class EpisodeTracker:
    """Keeps the episodes of one microphone in `state`, and adds the results of each step to the given effects.

    Attributes:
        policy: when scores become an episode. Another one counts from the next window on.
    """

    def __init__(self, policy: Policy, state: MonitorState) -> None:
        self.policy = policy
        self._state = state
        # The monotonic clock when the last judged window arrived; None before this process has judged one.
        self._last_arrived_at_seconds: float | None = None
        # The hop of the last window that showed it; 0 before the first one.
        self._hop_seconds = 0.0

    def judge_window(self, detection: ReceivedDetection, now: Now, effects: Effects) -> None:
        """Judge the next window."""
        state = self._state
        if detection.session != state.session:
            self._begin_session(detection, now, effects)
        elif detection.missing_before and state.last_index is not None:
            # Missing windows have no score. The window after them speaks for one hop, like any other.
            hop_seconds = (detection.end_seconds - state.heard_until_seconds) / (detection.missing_before + 1)
            before_seconds = state.offset_seconds + detection.end_seconds - hop_seconds
            self._observe(Observation(before_seconds, None), detection, effects)
        if detection.score is None:
            state.tombstones += 1
            effects.tombstones.append(detection.reason)
            if detection.reason == _OVERLOADED:
                state.overloaded_until_seconds = detection.end_seconds
        else:
            state.windows += 1
        end_seconds = state.offset_seconds + detection.end_seconds
        self._observe(Observation(end_seconds, detection.score, detection.level_dbfs), detection, effects)
        state.last_index, state.heard_until_seconds = detection.index, detection.end_seconds
        state.score, state.level_dbfs = detection.score, detection.level_dbfs
        self._hop_seconds = detection.hop_seconds or self._hop_seconds
        state.heard_at_wall_seconds, self._last_arrived_at_seconds = now.wall_seconds, detection.arrived_at_seconds

    def end_session(self, step: SessionEnded, effects: Effects) -> None:
        """End a session whose windows have all been judged."""
        effects.has_session_ended = True
        if step.session != self._state.session:  # it had no window at all
            self._enter_session(step.session, self._state.policy.heard_until_seconds or 0.0)
        # An incomplete session may continue in the next one. Its episode stays open for that one, or until deafness.
        if step.is_complete:
            self._state.ended = True
            crying = self._state.policy.episode
            self.end_episode(Ending.END_OF_SESSION, effects)
            if crying is not None:
                self._state.resumable_until_seconds = resumable_until_seconds(self.policy, crying)

    def end_episode(self, ending: Ending, effects: Effects) -> None:
        """Close the open episode, if there is one, at the end of the last judged window."""
        self._state.policy, closed = close_episode(self._state.policy)
        if closed is not None:
            self._close(closed, ending, effects)

    def _begin_session(self, first: ReceivedDetection, now: Now, effects: Effects) -> None:
        """Find where the new session starts on the policy's clock."""
        state = self._state
        has_broken_off = state.last_index is not None and not state.ended
        broke_off_at_seconds = state.policy.heard_until_seconds
        offset_seconds = 0.0
        if state.policy.heard_until_seconds is not None:
            if self._last_arrived_at_seconds is None:
                passed_seconds = now.wall_seconds - state.heard_at_wall_seconds
            else:
                passed_seconds = first.arrived_at_seconds - self._last_arrived_at_seconds
            offset_seconds = state.policy.heard_until_seconds + max(0.0, passed_seconds - first.end_seconds)
        self._enter_session(first.session, offset_seconds)
        # The first window speaks for no time: only the second one shows how long the hop is.
        heard_from_seconds = first_end_seconds = offset_seconds + first.end_seconds
        if has_broken_off and broke_off_at_seconds is not None:
            # Unless the microphone goes on after a break. Then that window speaks for a hop like any other, because a
            # camera may break off before a second one. After a short break, what was heard before counts as if it were
            # just now.
            speaks_from_seconds = first_end_seconds - self._hop_seconds
            if speaks_from_seconds - broke_off_at_seconds <= MOST_BREAK_SECONDS:
                heard_from_seconds = speaks_from_seconds
                state.policy = bridge_break(self.policy, state.policy, heard_from_seconds)
        self._observe(Observation(heard_from_seconds, None), first, effects)

    def _enter_session(self, session: str, offset_seconds: float) -> None:
        state = self._state
        state.session, state.offset_seconds = session, offset_seconds
        state.last_index, state.heard_until_seconds = None, 0.0
        state.windows = state.tombstones = state.episodes = 0
        state.overloaded_until_seconds = None
        state.score, state.level_dbfs, state.ended = None, SILENT_LEVEL_DBFS, False

    def _observe(self, observation: Observation, detection: ReceivedDetection, effects: Effects) -> None:
        self._state.policy, changes = observe_window(self.policy, self._state.policy, observation)
        for change in changes:
            if isinstance(change, EpisodeClosed):
                self._close(change, Ending.QUIET, effects)
            else:
                self._open(change.episode, detection, effects)

    def _open(self, crying: CryingEpisode, detection: ReceivedDetection, effects: Effects) -> None:
        state = self._state
        state.episodes += 1
        state.open_episode = OpenEpisode(
            episode_id=episode_id_of(state.mic, state.session, detection.index),
            session=state.session,
            offset_seconds=state.offset_seconds,
            start_seconds=max(0.0, crying.start_seconds - state.offset_seconds),
            alerted_at_seconds=detection.end_seconds,
            captured_at_seconds=detection.captured_at_seconds,
        )
        message = opened_message(state.mic, state.open_episode, crying.peak_score)
        effects.episodes.append(message)
        resumable_until = state.resumable_until_seconds
        if resumable_until is None or crying.start_seconds > resumable_until:
            effects.notices.append(crying_notice(message, state.session))
        else:
            effects.told_notices.append(crying_notice(message, state.session))
        state.resumable_until_seconds = None

    def _close(self, closed: EpisodeClosed, ending: Ending, effects: Effects) -> None:
        episode, self._state.open_episode = self._state.open_episode, None
        if episode is not None:
            message = closed_message(self._state.mic, episode, closed, ending)
            effects.episodes.append(message)
            effects.ended_notices.append(crying_ended_notice(message, episode.session))
