"""Puts one microphone's detections in order: by session, within a session by index, and each only once.

Several classifiers work side by side, and one redoes the work of another that died, so detections sometimes come out of
order. Detections without a gap before them are passed on at once. Those behind a gap are held until it is filled, or
until the first of them has waited for the lateness bound. Then the windows in the gap are *missing*, and the held ones
are passed on.

A session ends when its END_OF_SESSION tombstone has announced how many windows it has, and all of them were passed on.
If its recorder died without announcing that, the session ends a moment after the first detection of the next one. But
if it continues, the session that came later is the older one, and waits. A detection of an ended session is *stale*.

Indexes count hops. If the hop changes within a session, because a preprocessor has another setting, the held detections
are passed on, and the numbering continues with the new hop from the same time of the session.

Everything is bounded. At a bound the oldest gap is given up as if its time had passed.

No I/O, and no clock: `now` is monotonic seconds.
"""

import enum
import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tears.alerter.order.held_detections import HeldDetections
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.order.session_queue import SessionQueue, WaitingSession
from tears.policy.episode_rule import WINDOW_LENGTH_SECONDS

# Windows end on whole samples, so hops that differ by less than this share are the same.
HOP_TOLERANCE = 0.01
# 32 s of a replay at 250 windows/s; the work of a dead classifier lies unclaimed for about as long.
MOST_HELD_DETECTIONS = 8_192
MOST_WAITING_SESSIONS = 8
# Gaps that were given up are remembered, to distinguish a late detection from a duplicate.
MOST_GAPS = 32


class DetectionOutcome(enum.Enum):
    """The decision about a detection: it is taken, or dropped as a duplicate, late or stale."""

    TAKEN = "taken"
    # It came before.
    DUPLICATE = "duplicate"
    # It was given up as missing.
    LATE = "late"
    # Its session has ended.
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A session is over: all its windows were passed on or given up.

    Attributes:
        is_complete: it announced its end.
        missing: how many windows at its end never came.
        surplus: how many held detections were dropped, because they lie beyond the announced end.
    """

    session: str
    is_complete: bool
    missing: int = 0
    surplus: int = 0


OrderedStep: TypeAlias = ReceivedDetection | SessionEnded


@dataclass(slots=True)
class OrderState:
    """The state that must survive the process, beside the held detections. The state file holds these names.

    Attributes:
        next_index: the next index of the current session.
        sessions: (name, number of windows if announced) of those that have not ended; the first is the current one.
        holes: (first index, index after the last) of the current session's gaps that were given up, oldest first.
        retired: the sessions that have ended, oldest first.
        hop_seconds: the hop that numbers the current session; 0 while it is unknown.
        heard_until_seconds: the end of the last window that was passed on, on the current session's clock.
        waited_seconds: how long the current session's oldest gap, or its end, has been waited for.
    """

    next_index: int = 0
    sessions: list[tuple[str, int | None]] = field(default_factory=list)
    holes: list[tuple[int, int]] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    hop_seconds: float = 0.0
    heard_until_seconds: float = 0.0
    waited_seconds: float = 0.0


class WindowOrder:
    """The order of one microphone's windows."""

    def __init__(
        self,
        lateness_seconds: float,
        now: float,
        state: OrderState | None = None,
        held: Iterable[ReceivedDetection] = (),
    ) -> None:
        """Start with nothing, or with what an earlier process saved of `state()` and `held`.

        The wait for the oldest gap goes on, and all others begin now.

        A gap holds up what comes after it for at most `lateness_seconds`; `inf`: forever.
        """
        state = state or OrderState()
        self.sessions = SessionQueue(lateness_seconds, now, state.sessions, state.retired)
        self.held = HeldDetections(held, now)
        self._lateness_seconds = lateness_seconds
        self._next_index = state.next_index
        self._hop_seconds = state.hop_seconds
        self._passed_until_seconds = state.heard_until_seconds
        self._gaps = deque(state.holes, MOST_GAPS)
        # What `waited_seconds` was when the caller last noted it, for `state()`.
        self.noted_wait_seconds = state.waited_seconds
        if session := self.sessions.current:
            session.end_announced_at_seconds = now - state.waited_seconds
            self.held.backdate(session.name, now - state.waited_seconds)

    def state(self) -> OrderState:
        """Return what to save, beside the changes of `held`."""
        return OrderState(
            self._next_index,
            [(session.name, session.windows) for session in self.sessions.waiting],
            list(self._gaps),
            list(self.sessions.ended),
            self._hop_seconds,
            self._passed_until_seconds,
            self.noted_wait_seconds,
        )

    def waited_seconds(self, now: float) -> float:
        """Return how long the current session's oldest gap, or its end, has been waited for; 0 if neither is."""
        session = self.sessions.current
        if session is None:
            return 0.0
        if held := self.held.of_session(session.name):
            return now - next(iter(held.values())).arrived_at_seconds
        return 0.0 if session.windows is None else now - session.end_announced_at_seconds

    def push(self, detection: ReceivedDetection) -> tuple[DetectionOutcome, list[OrderedStep]]:
        """Take in a detection; return what was done with it, and what is passed on because of it, in order."""
        if self.sessions.has_ended(detection.session):
            return DetectionOutcome.STALE, []
        if detection.may_be_forgotten and self.sessions.is_probably_forgotten(detection.session):
            # Else a Redis that came back with an older copy would let old crying cause an alert again.
            return DetectionOutcome.STALE, []
        session = self.sessions.find_or_append(detection.session, detection.arrived_at_seconds)
        has_another_hop = session is self.sessions.current and self._has_another_hop(detection)
        steps: list[OrderedStep] = []
        if has_another_hop and detection.end_seconds > self._passed_until_seconds:
            steps += self._renumber(detection)
        outcome = self._outcome(detection, session, has_another_hop=has_another_hop)
        if outcome is DetectionOutcome.TAKEN:
            if detection.ends_session:
                session.windows, session.end_announced_at_seconds = detection.index, detection.arrived_at_seconds
            else:
                self.held.hold(detection)
            session.last_seen_at_seconds = detection.arrived_at_seconds
            steps += self._pass_on()
            while self.held.count > MOST_HELD_DETECTIONS or len(self.sessions) > MOST_WAITING_SESSIONS:
                steps += self._give_up()
        return outcome, steps

    def give_up_overdue(self, now: float) -> list[OrderedStep]:
        """Give up the gaps whose time has passed, and return what is passed on because of that."""
        steps: list[OrderedStep] = []
        while self._is_overdue(now):
            steps += self._give_up()
        return steps

    def reopen(self, session: str, next_index: int, now: float) -> None:
        """Let a session go on at `next_index`: its end was announced falsely."""
        was_over = self.sessions.has_ended(session)
        self.sessions.reopen(session, now)
        if was_over and self.sessions.current is not None and self.sessions.current.name == session:
            self._next_index = next_index

    def restart_waits(self, now: float) -> None:
        """Begin every wait again: nothing could be read for a while, so nothing is late."""
        self.sessions.restart_waits(now)
        self.held.restart_waits(now)

    def _outcome(
        self, detection: ReceivedDetection, session: WaitingSession, *, has_another_hop: bool
    ) -> DetectionOutcome:
        if self.sessions.has_ended(session.name):  # by the renumbering
            return DetectionOutcome.STALE
        if detection.ends_session:
            return DetectionOutcome.TAKEN if session.windows is None else DetectionOutcome.DUPLICATE
        if has_another_hop and detection.end_seconds <= self._passed_until_seconds:
            return DetectionOutcome.LATE
        if session is self.sessions.current and detection.index < self._next_index:
            is_late = any(first <= detection.index < end for first, end in self._gaps)
            return DetectionOutcome.LATE if is_late else DetectionOutcome.DUPLICATE
        is_held = detection.index in self.held.of_session(session.name)
        return DetectionOutcome.DUPLICATE if is_held else DetectionOutcome.TAKEN

    def _has_another_hop(self, detection: ReceivedDetection) -> bool:
        if detection.ends_session or not self._hop_seconds or not detection.index:
            return False
        return abs(detection.hop_seconds - self._hop_seconds) > HOP_TOLERANCE * self._hop_seconds

    def _renumber(self, detection: ReceivedDetection) -> list[OrderedStep]:
        """Pass on the held detections of the old numbering, then continue with the hop of `detection`."""
        steps: list[OrderedStep] = []
        while self.held.of_session(detection.session):
            steps += self._give_up()
        if not self.sessions.has_ended(detection.session):
            self._hop_seconds = detection.hop_seconds
            self._gaps.clear()
            # The first window that ends after the last one that was passed on.
            passed_hops = (self._passed_until_seconds - WINDOW_LENGTH_SECONDS) / self._hop_seconds
            self._next_index = math.floor(passed_hops + HOP_TOLERANCE) + 1
        return steps

    def _is_overdue(self, now: float) -> bool:
        session = self.sessions.current
        if session is None:
            return False
        held = self.held.of_session(session.name)
        if held:
            longest_held = next(iter(held.values()))
            return now - longest_held.arrived_at_seconds >= self._lateness_seconds
        return self.sessions.is_current_overdue(now)

    def _give_up(self) -> Iterator[OrderedStep]:
        """Go past the current session's oldest gap; if it has none, end the session."""
        session = self.sessions.current
        if session is None:
            return
        held = self.held.of_session(session.name)
        if held:
            yield from self._pass_on(missing=min(held) - self._next_index)
        else:
            yield self._end_session(session, missing=max(0, (session.windows or 0) - self._next_index))
            yield from self._pass_on()

    def _pass_on(self, missing: int = 0) -> Iterator[OrderedStep]:
        """Give up `missing` windows, then pass on everything that has no gap before it."""
        if missing:
            self._gaps.append((self._next_index, self._next_index + missing))
            self._next_index += missing
        while session := self.sessions.current:
            if session.windows is not None and self._next_index >= session.windows:
                yield self._end_session(session)
                continue
            if self._next_index not in self.held.of_session(session.name):
                return
            detection = self.held.release(session.name, self._next_index)
            self._next_index += 1
            self._passed_until_seconds = detection.end_seconds
            self._hop_seconds = detection.hop_seconds
            yield replace(detection, missing_before=missing) if missing else detection
            missing = 0

    def _end_session(self, session: WaitingSession, missing: int = 0) -> SessionEnded:
        self.sessions.end_current()
        surplus = list(self.held.of_session(session.name))
        for index in surplus:
            self.held.release(session.name, index)
        self._gaps.clear()
        self._next_index, self._hop_seconds, self._passed_until_seconds = 0, 0.0, 0.0
        return SessionEnded(session.name, session.windows is not None, missing, len(surplus))
