"""The deafness rule: when to warn a parent that nobody listens to a room.

A silent microphone is a fault, not silence. Scores of a microphone are *expected* from the moment it is registered or
one of its detections comes, until its session has announced its end. If expected scores do not come for too long, the
microphone is *deaf*. A tombstone is not a score: a model that fails on every window detects nothing. A score does not
count while the registry says that the microphone is silent, stalled or absent: a model also scores a dead wire.

The announcement may be false: a fault, or a forged chunk. If the recorder's heartbeat still changes in the registry,
with the name of that session, the recorder goes on, and so its scores are expected again.

A recorder that was stopped may have been stopped for a reboot, and may not come back. So after each start of the
alerter, scores are expected of every microphone that was listening, until it is retired: also if the alerter learns
only after its start that the recorder was stopped before. Only a recording that was played is over for good.

No I/O, and no clock: `now` is monotonic seconds.
"""

import math
from dataclasses import dataclass

from tears.kit.registry.mic_state import UNHEARING, MicState

# A recorder whose session has ended says so in the registry at once; a full Redis delays that a little.
FALSE_END_SECONDS = 10.0


@dataclass(slots=True)
class ListeningState:
    """The state that must survive the process. The state file holds these names.

    Attributes:
        expected: scores should come.
        deaf: a parent has been warned that none come.
        ended_session: the last session that announced its end. While it is the registered one, nothing is expected.
        finished: nothing is expected after a restart either: it was a recording, or the microphone was retired.
        awaited: scores are expected again after a restart, although the recorder was stopped.
        waited_seconds: how long expected scores have not come; 0 for a short time.
    """

    expected: bool = False
    deaf: bool = False
    ended_session: str = ""
    finished: bool = False
    awaited: bool = False
    waited_seconds: float = 0.0


class DeafnessRule:
    """Applies the rule to one microphone."""

    def __init__(self, deaf_seconds: float, now: float, state: ListeningState | None = None) -> None:
        """Continue with what an earlier process saved, and with the time that it had waited.

        A microphone without a score for `deaf_seconds` is deaf; `inf` means never.
        """
        self.state = state or ListeningState()
        self._deaf_seconds = deaf_seconds
        self._without_score_since_seconds = now - self.state.waited_seconds
        self._mic_state = ""
        self._ended_at_seconds = now
        # The last heartbeat in the registry; None before the first look.
        self._heartbeat_seconds: float | None = None

    @property
    def fault(self) -> str:
        """The microphone's state in the registry if it gives no sound in that state, else empty."""
        return self._mic_state if self._mic_state in UNHEARING else ""

    def set_mic_state(self, mic_state: str) -> None:
        """Note the microphone's state in the registry. A recorder says `silent` only after a minute of silence."""
        self._mic_state = mic_state

    def is_end_false(self, session: str, heartbeat_seconds: float, now: float) -> bool:
        """Return whether the recorder of an ended session goes on with it; then its scores are expected again.

        Call it with what the registry says of a microphone that is meant to listen.
        """
        is_alive = self._heartbeat_seconds not in {None, heartbeat_seconds}
        self._heartbeat_seconds = heartbeat_seconds
        is_over = bool(session) and session == self.state.ended_session
        if not (is_alive and is_over and now - self._ended_at_seconds >= FALSE_END_SECONDS):
            return False
        self.state.expected, self.state.awaited = True, False
        self.state.ended_session = ""
        return True

    def expect_session(self, session: str, now: float) -> None:
        """Expect scores, because the registry names this session or a detection of it came."""
        if session == self.state.ended_session:
            return
        self.state.finished = self.state.awaited = False
        if not self.state.expected:
            self.state.expected = True
            self._without_score_since_seconds = now

    def expect_again(self, now: float) -> bool:
        """Expect scores after a restart, unless they are over for good; return whether that is new."""
        if self.state.expected or self.state.finished or not self.state.ended_session:
            return False
        self.state.expected = self.state.awaited = True
        self._without_score_since_seconds = now
        return True

    def finish(self, session: str) -> None:
        """Expect nothing more, not even after a restart: the recording is over, or the microphone is retired."""
        self.state.expected = self.state.deaf = self.state.awaited = False
        self.state.finished, self.state.ended_session = True, session

    def waited_seconds(self, now: float) -> float:
        """Return how long expected scores have not come."""
        return now - self._without_score_since_seconds if self.state.expected and not self.state.deaf else 0.0

    def count_score(self, session: str, now: float) -> bool:
        """Note that a score has come; return whether that ends the deafness, so that a parent should be notified."""
        self.expect_session(session, now)
        if self.fault:
            return False
        self._without_score_since_seconds = now
        was_deaf, self.state.deaf = self.state.deaf, False
        return was_deaf

    def end_session(self, session: str, now: float = -math.inf) -> None:
        """Expect nothing more: the newest session has announced its end, `now` or long ago."""
        self._ended_at_seconds = now
        self.state.expected = self.state.awaited = False
        self.state.deaf = False
        self.state.ended_session = session

    def await_return(self, session: str, now: float) -> None:
        """Expect the recorder back: its newest session had ended before this process started.

        A parent who was told that nobody listens is not told again.
        """
        self._ended_at_seconds = now
        if self.state.finished and session == self.state.ended_session:
            return
        if not self.state.awaited:
            self._without_score_since_seconds = now
        self.state.expected = self.state.awaited = True
        self.state.finished = False
        self.state.ended_session = session

    def check(self, now: float) -> bool:
        """Return True, once, if a parent must be warned: no score for too long, or the microphone is silent."""
        if not self.state.expected or self.state.deaf or math.isinf(self._deaf_seconds):
            return False
        if self.fault != MicState.SILENT and now - self._without_score_since_seconds < self._deaf_seconds:
            return False
        self.state.deaf = True
        return True
