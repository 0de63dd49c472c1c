"""One microphone from its detections to its episodes: order, clock, policy and deafness put together.

The policy's clock runs through all sessions of a microphone, so that a hiccup in the middle of a bout does not tell
twice. A new session's zero lies as far behind the end of what was heard before as time passed at the alerter between
the two, less what its first window covers, and never before it. That time is monotonic while the process lives; after
a restart it is the wall clock's, and a wall clock that was set back counts as no time.

No I/O, and no clock of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tears.alerter.episodes import episode_messages
from tears.alerter.episodes.deafness_rule import Change, Hearing
from tears.alerter.episodes.episode_messages import OpenEpisode
from tears.alerter.episodes.monitor_state import SILENCE_DBFS, Effects, Now, Rules, TrackState
from tears.alerter.notices import wording
from tears.alerter.order.window_order import Arrival, Ended, Fate, Heard, Next, Order
from tears.kit.messages import Ending
from tears.kit.registry.mic_state import OVER
from tears.kit.registry.rooms import RoomRecord, RoomState
from tears.policy.episode_rule import (
    CryingEpisode,
    EpisodeChange,
    EpisodeClosed,
    EpisodeOpened,
    Observation,
    close_episode,
    observe_window,
    resumable_until_seconds,
)


class Track:
    """One microphone's."""

    def __init__(self, state: TrackState, rules: Rules, now: Now, held: Iterable[tuple[str, Heard]] = ()) -> None:
        """Goes on from `state`, and from the detections that an earlier life held."""
        self._state = state
        self._rules = rules
        self._order = Order(rules.lateness_seconds, now.monotonic_seconds, state.position, held)
        self._hearing = Hearing(rules.deaf_seconds, now.monotonic_seconds, state.hearing)
        # Of the last window that went on; None until one has in this life.
        self._heard_at_seconds: float | None = None

    @property
    def order(self) -> Order:
        """For what it holds."""
        return self._order

    @property
    def score(self) -> float | None:
        """Of the last window that went on."""
        return self._state.score

    @property
    def is_open(self) -> bool:
        """Whether an episode is."""
        return self._state.open_episode is not None

    @property
    def is_deaf(self) -> bool:
        """Whether it has been told that nothing is heard."""
        return self._state.hearing.deaf

    @property
    def is_expected(self) -> bool:
        """Whether something should be heard."""
        return self._state.hearing.expected

    def state(self) -> TrackState:
        """What to save; do not change it."""
        self._state.position = self._order.position()
        return self._state

    def room(self) -> RoomRecord | None:
        """The last word on the microphone; None while there is nothing to say."""
        state = self._state
        if self.is_deaf:
            room_state = RoomState.DEAF
        elif not state.session and not state.hearing.ended_session:
            return None
        elif state.open_episode is not None:
            room_state = RoomState.CRYING
        else:
            room_state = RoomState.ENDED if state.ended or not state.session else RoomState.QUIET
        return RoomRecord(
            mic=state.mic,
            state=room_state,
            session=state.session,
            windows=state.windows,
            tombstones=state.tombstones,
            cry_score=state.score,
            level_dbfs=state.level_dbfs,
            heard_until_seconds=state.heard_until_seconds,
            episodes=state.episodes,
        )

    def take(self, arrival: Arrival, now: Now) -> Effects:
        """Takes in what has come from the stream."""
        effects = Effects(changed=True)
        effects.fate, steps = self._order.push(arrival, now.monotonic_seconds)
        if effects.fate is Fate.TAKEN:
            self._listen(arrival, now, effects)
        self._follow(steps, now, effects)
        return effects

    def due(self, now: Now) -> Effects:
        """Lets time pass at the alerter: holes are given up."""
        effects = Effects()
        self._follow(self._order.due(now.monotonic_seconds), now, effects)
        return effects

    def expect(self, session: str, mic_state: str, now: Now) -> bool:
        """The registry names the microphone, and says how it is; returns whether other things are expected now."""
        before = replace(self._state.hearing)
        self._hearing.report(mic_state)
        if mic_state in OVER and not self._order.knows(session):
            # Mostly it ended before there was sound: nothing of it will come, not even its end. If windows of it are
            # under way still, they are judged as they come, but nobody is meant to hear it any more.
            self._hearing.ended(session)
        else:
            self._hearing.expect(session, now.monotonic_seconds)
        return self._state.hearing != before

    def check_hearing(self, now: Now) -> Effects:
        """Lets time pass at the alerter: it may have been too long since something was heard."""
        effects = Effects()
        if self._hearing.check(now.monotonic_seconds) is Change.DEAF:
            effects.changed = True
            self._state.deaf_times += 1
            self._end(Ending.DEAF, effects)
            reason = wording.deaf_reason(self._hearing.fault, self._rules.deaf_seconds)
            effects.notices.append(wording.deaf(self._state.mic, self._state.deaf_times, reason, now.wall_seconds))
        return effects

    def wait_anew(self, now: Now) -> None:
        """Nothing could be read for a while: nothing was late."""
        self._order.wait_anew(now.monotonic_seconds)

    def _listen(self, arrival: Arrival, now: Now, effects: Effects) -> None:
        """Deafness goes by what comes, not by what goes on: behind a hole there is hearing too."""
        if arrival.ends:
            if self._order.newest_session in {arrival.session, None}:
                self._hearing.ended(arrival.session)
            return
        self._hearing.expect(arrival.session, now.monotonic_seconds)
        if arrival.heard.score is None:
            return
        if self._hearing.heard(arrival.session, now.monotonic_seconds) is Change.HEARS_AGAIN:
            effects.notices.append(wording.hears_again(self._state.mic, self._state.deaf_times, now.wall_seconds))

    def _follow(self, steps: Iterable[Next | Ended], now: Now, effects: Effects) -> None:
        crying_seconds = self._state.policy.crying_seconds
        for step in steps:
            effects.changed = True
            effects.missing += step.missing
            if isinstance(step, Ended):
                self._end_session(step, effects)
            else:
                self._go_on(step, now, effects)
        effects.crying_seconds = self._state.policy.crying_seconds - crying_seconds

    def _go_on(self, step: Next, now: Now, effects: Effects) -> None:
        state, heard = self._state, step.heard
        if step.session != state.session:
            self._begin(step, now, effects)
        elif step.missing and state.last_index is not None:
            # What is missing has no score; the window behind it stands for one hop, as any other.
            hop_seconds = (heard.end_seconds - state.heard_until_seconds) / (step.missing + 1)
            self._observe(heard, Observation(state.offset_seconds + heard.end_seconds - hop_seconds, None), effects)
        if heard.score is None:
            state.tombstones += 1
            effects.tombstones.append(heard.reason)
        else:
            state.windows += 1
        self._observe(
            heard, Observation(state.offset_seconds + heard.end_seconds, heard.score, heard.level_dbfs), effects
        )
        state.last_index, state.heard_until_seconds = heard.index, heard.end_seconds
        state.score, state.level_dbfs = heard.score, heard.level_dbfs
        state.heard_at_wall_seconds, self._heard_at_seconds = now.wall_seconds, step.arrived_at_seconds

    def _begin(self, step: Next, now: Now, effects: Effects) -> None:
        """Sets the policy's clock for a new session."""
        state, first_end_seconds = self._state, step.heard.end_seconds
        before_seconds = state.policy.heard_until_seconds
        offset_seconds = 0.0
        if before_seconds is not None:
            if self._heard_at_seconds is None:
                passed_seconds = now.wall_seconds - state.heard_at_wall_seconds
            else:
                passed_seconds = step.arrived_at_seconds - self._heard_at_seconds
            offset_seconds = before_seconds + max(0.0, passed_seconds - first_end_seconds)
        self._enter(step.session, offset_seconds)
        # The first window stands for no time of its own: how long the hop is shows with the second.
        self._observe(step.heard, Observation(offset_seconds + first_end_seconds, None), effects)

    def _enter(self, session: str, offset_seconds: float) -> None:
        state = self._state
        state.session, state.offset_seconds = session, offset_seconds
        state.last_index, state.heard_until_seconds = None, 0.0
        state.windows = state.tombstones = state.episodes = 0
        state.score, state.level_dbfs, state.ended = None, SILENCE_DBFS, False

    def _end_session(self, step: Ended, effects: Effects) -> None:
        effects.surplus += step.surplus
        effects.ended_session = True
        if step.session != self._state.session:  # it had no window at all
            self._enter(step.session, self._state.policy.heard_until_seconds or 0.0)
        # A session that broke off may go on in the next: its bout is left open for that one, or for deafness.
        if step.complete:
            self._state.ended = True
            self._end(Ending.END_OF_SESSION, effects)

    def _observe(self, heard: Heard, observation: Observation, effects: Effects) -> None:
        self._state.policy, events = observe_window(self._rules.policy, self._state.policy, observation)
        for event in events:
            self._publish(event, heard, effects)

    def _publish(self, event: EpisodeChange, heard: Heard, effects: Effects) -> None:
        if isinstance(event, EpisodeClosed):
            self._close(event, Ending.QUIET, effects)
            return
        state = self._state
        state.episodes += 1
        state.open_episode = self._opened(event, heard)
        episode = episode_messages.opened(state.mic, state.open_episode, event.episode)
        effects.episodes.append(episode)
        if not self._is_resumed(event.episode):
            effects.notices.append(wording.crying(episode, heard.score or 0.0, heard.level_dbfs))
        state.resumable_until_seconds = None

    def _opened(self, event: EpisodeOpened, heard: Heard) -> OpenEpisode:
        state = self._state
        return OpenEpisode(
            episode_id=episode_messages.episode_id(state.mic, state.session, heard.index),
            session=state.session,
            offset_seconds=state.offset_seconds,
            start_seconds=max(0.0, event.episode.start_seconds - state.offset_seconds),
            alerted_at_seconds=heard.end_seconds,
            captured_at_seconds=heard.captured_at_seconds,
        )

    def _is_resumed(self, bout: CryingEpisode) -> bool:
        until_seconds = self._state.resumable_until_seconds
        return until_seconds is not None and bout.start_seconds <= until_seconds

    def _end(self, ending: Ending, effects: Effects) -> None:
        bout = self._state.policy.episode
        self._state.policy, closed = close_episode(self._state.policy)
        if closed is not None:
            self._close(closed, ending, effects)
        if bout is not None and ending is Ending.END_OF_SESSION:
            self._state.resumable_until_seconds = resumable_until_seconds(self._rules.policy, bout)

    def _close(self, event: EpisodeClosed, ending: Ending, effects: Effects) -> None:
        open_episode, self._state.open_episode = self._state.open_episode, None
        if open_episode is not None:
            effects.episodes.append(
                episode_messages.closed(self._state.mic, open_episode, event.episode, event.end_seconds, ending)
            )
