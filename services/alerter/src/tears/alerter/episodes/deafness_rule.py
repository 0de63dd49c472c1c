"""When a microphone is deaf: it should be heard, and has not been for too long.

A silent microphone is a fault, not silence. It should be heard from the moment it is registered, or something of it
came, until its session has said that it ends. A score counts as being heard; a tombstone does not: a model that fails
on every window hears nothing. Nor does a score count while the registry says that the microphone is silent, stalled
or absent: a model scores a dead wire too.

No I/O, and no clock of its own: `now` is monotonic seconds, handed in.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from tears.kit.registry.mic_state import UNHEARING, MicState


class Change(enum.Enum):
    """What a parent is told."""

    DEAF = "deaf"
    HEARS_AGAIN = "hears again"


@dataclass(slots=True)
class HearingState:
    """What must survive the process; values only.

    Attributes:
        expected: something should be heard.
        deaf: it has been told that nothing is.
        ended_session: the last session that said its end; while it is the registered one, nothing is expected.
    """

    expected: bool = False
    deaf: bool = False
    ended_session: str = ""


class Hearing:
    """One microphone's."""

    def __init__(self, deaf_seconds: float, now: float, state: HearingState | None = None) -> None:
        """Counts from `now`: what passed before, nobody was there to hear.

        Args:
            deaf_seconds: so long without a score is too long; `inf`: never.
            now: the present.
            state: what an earlier life saved.
        """
        self.state = state or HearingState()
        self._deaf_seconds = deaf_seconds
        self._since_seconds = now
        self._reported = ""

    @property
    def fault(self) -> str:
        """Why the microphone itself hears nothing, in the registry's word; empty if it does, as far as is known."""
        return self._reported if self._reported in UNHEARING else ""

    def report(self, mic_state: str) -> None:
        """The registry's word on the microphone. A recorder says `silent` only after a minute of it."""
        self._reported = mic_state

    def expect(self, session: str, now: float) -> None:
        """The registry names the microphone with this session, or something of this session came."""
        if not self.state.expected and session != self.state.ended_session:
            self.state.expected = True
            self._since_seconds = now

    def heard(self, session: str, now: float) -> Change | None:
        """A score of this session has come."""
        self.expect(session, now)
        if self.fault:
            return None
        self._since_seconds = now
        if not self.state.deaf:
            return None
        self.state.deaf = False
        return Change.HEARS_AGAIN

    def ended(self, session: str) -> None:
        """The newest session has said its end: nothing is expected, and nothing is wrong."""
        self.state.expected = False
        self.state.deaf = False
        self.state.ended_session = session

    def check(self, now: float) -> Change | None:
        """Returns DEAF once, when the time has passed, or at once for a microphone that has been silent for so long."""
        if not self.state.expected or self.state.deaf or math.isinf(self._deaf_seconds):
            return None
        if self.fault != MicState.SILENT and now - self._since_seconds < self._deaf_seconds:
            return None
        self.state.deaf = True
        return Change.DEAF
