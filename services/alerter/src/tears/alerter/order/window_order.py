"""Puts one microphone's detections in order: by session, by index within a session, each once.

Several classifiers work side by side and the work of a dead one is done later by another, so detections come out of
order now and then. While they are contiguous they go on at once. Behind a hole they are held until it is filled, or
until the lateness bound has passed since the first of them came; then the hole is *missing* and what was held goes on.

A session ends when its END_OF_SESSION tombstone says how many windows it has and all of them have gone on. A session
that never says so, since its recorder died, ends a moment after the next one's first detection came, unless it goes on:
then what came later was older, and waits. What comes for a session that has ended is *stale*.

Indexes count hops. Where the hop changes within a session, since a preprocessor was given another, what was held is
handed on, and the numbering goes on at the same moment of the session by the new hop.

Everything is bounded. Where a bound is met the oldest hole is given up, as if its time had passed.

No I/O, and no clock of its own: `now` is monotonic seconds, handed in.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# A window's end is at 5 s and its index times the hop.
WINDOW_SECONDS = 5.0
# Ends lie on whole samples; hops that differ by less than this are one.
SAME_HOP = 0.01
# Detections held per microphone: 32 s of a replay at 250 windows/s, as long as a dead classifier's work is left lying.
MOST_HELD = 8_192
# Sessions that wait for their turn.
MOST_SESSIONS = 8
# Remembered, to tell what comes too late from what comes twice.
MOST_HOLES = 32
MOST_RETIRED = 64
# A session without a hole that has not said its end is over so long after the next one began: its last windows may
# still be with a second classifier, but a parent should not wait for them.
SESSION_GRACE_SECONDS = 5.0
# A session that goes on says something at least once in a hop, which is 5 s at most.
LONGEST_SILENCE_SECONDS = 2 * SESSION_GRACE_SECONDS


@dataclass(frozen=True, slots=True)
class Heard:
    """What is put in order: a detection, cut down to what the policy and the views want of it.

    Attributes:
        index: which window of its session, from 0.
        end_seconds: the window's end on the session's own clock.
        captured_at_seconds: wall clock at the window's last sample.
        level_dbfs: level before gain.
        score: of the cry label; None for a tombstone.
        reason: why there is no score; empty where there is one.
    """

    index: int
    end_seconds: float
    captured_at_seconds: float
    level_dbfs: float
    score: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What comes in: a window's detection, or (`ends`) the word that the session has `heard.index` windows."""

    session: str
    heard: Heard
    ends: bool = False


class Fate(enum.Enum):
    """What became of an arrival."""

    TAKEN = "taken"
    # Comes a second time.
    DUPLICATE = "duplicate"
    # Comes after its hole was given up.
    LATE = "late"
    # Comes for a session that has ended.
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Next:
    """The next window of the session, after `missing` ones that were given up."""

    session: str
    heard: Heard
    missing: int
    arrived_at_seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over.

    Attributes:
        complete: it said so itself.
        missing: windows at its end that were given up.
        surplus: detections that were held and dropped, since they lie beyond the end that the session told.
    """

    session: str
    complete: bool
    missing: int = 0
    surplus: int = 0


@dataclass(slots=True)
class Position:
    """What must survive the process beside the held detections; values only.

    Attributes:
        next_index: the index that the first session goes on with.
        sessions: (name, number of windows if it has said so) in the order in which they were first seen.
        holes: (first index, index after the last) of what was given up in the first session, oldest first.
        retired: sessions that have ended, oldest first.
        hop_seconds: by which the first session is numbered; 0 while it is not known.
        heard_until_seconds: on the first session's clock, the end of the last window that went on.
    """

    next_index: int = 0
    sessions: list[tuple[str, int | None]] = field(default_factory=list)
    holes: list[tuple[int, int]] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    hop_seconds: float = 0.0
    heard_until_seconds: float = 0.0


@dataclass(slots=True)
class _Session:
    name: str
    # When it was first seen, when something of it came last, and when it said how many windows it has.
    seen_at_seconds: float
    heard_at_seconds: float
    windows: int | None = None
    told_at_seconds: float = 0.0
    # By index, in the order of arrival: the first is the one that has waited longest.
    held: dict[int, tuple[Heard, float]] = field(default_factory=dict)


class Order:
    """The order of one microphone."""

    def __init__(
        self,
        lateness_seconds: float,
        now: float,
        position: Position | None = None,
        held: Iterable[tuple[str, Heard]] = (),
    ) -> None:
        """Starts afresh, or goes on from what `position()` and `changes()` told an earlier life.

        Args:
            lateness_seconds: how long a hole may hold up what comes after it; `inf`: for ever.
            now: what was held by the earlier life is taken to have come now.
            position: of the earlier life.
            held: (session, detection) that the earlier life held.
        """
        position = position or Position()
        self._lateness_seconds = lateness_seconds
        self._grace_seconds = (
            min(lateness_seconds, SESSION_GRACE_SECONDS) if math.isfinite(lateness_seconds) else math.inf
        )
        self._next_index = position.next_index
        self._hop_seconds = position.hop_seconds
        self._heard_until_seconds = position.heard_until_seconds
        self._sessions = [_Session(name, now, now, windows, now) for name, windows in position.sessions]
        self._holes = deque(position.holes, MOST_HOLES)
        self._retired = deque(position.retired, MOST_RETIRED)
        self._held_count = 0
        self._unsaved: dict[tuple[str, int], Heard] = {}
        self._released: set[tuple[str, int]] = set()
        by_name = {session.name: session for session in self._sessions}
        for name, heard in held:
            by_name[name].held[heard.index] = (heard, now)
            self._held_count += 1

    @property
    def newest_session(self) -> str | None:
        """The session that was first seen last, of those that have not ended.

        One that has been silent for long while the first went on is older than that: its first word came late.
        """
        if not self._sessions:
            return None
        going_on_since_seconds = self._sessions[0].heard_at_seconds - LONGEST_SILENCE_SECONDS
        return [one for one in self._sessions if one.heard_at_seconds > going_on_since_seconds][-1].name

    def knows(self, session: str) -> bool:
        """Whether something of this session has come."""
        return session in self._retired or any(one.name == session for one in self._sessions)

    @property
    def held_count(self) -> int:
        """How many detections wait behind holes."""
        return self._held_count

    def position(self) -> Position:
        """What to save; see `changes` for the rest."""
        return Position(
            self._next_index,
            [(session.name, session.windows) for session in self._sessions],
            list(self._holes),
            list(self._retired),
            self._hop_seconds,
            self._heard_until_seconds,
        )

    def changes(self) -> tuple[dict[tuple[str, int], Heard], set[tuple[str, int]]]:
        """What has come to be held since the last call, and what is held no more, by session and index."""
        unsaved, self._unsaved = self._unsaved, {}
        released, self._released = self._released, set()
        return unsaved, released

    def push(self, arrival: Arrival, now: float) -> tuple[Fate, list[Next | Ended]]:
        """Takes one in; returns its fate and what goes on because of it, in order."""
        if arrival.session in self._retired:
            return Fate.STALE, []
        session = self._session(arrival.session, now)
        index = arrival.heard.index
        steps: list[Next | Ended] = []
        if session is self._sessions[0] and not arrival.ends and self._is_of_another_hop(arrival.heard):
            if arrival.heard.end_seconds > self._heard_until_seconds:
                steps += self._renumber(arrival.heard)
            # Also where what was held, and is handed on, ends later.
            if arrival.heard.end_seconds <= self._heard_until_seconds:
                return Fate.LATE, steps
        if arrival.ends:
            if session.windows is not None:
                return Fate.DUPLICATE, []
            session.windows, session.told_at_seconds = index, now
        elif session is self._sessions[0] and index < self._next_index:
            late = any(first <= index < end for first, end in self._holes)
            return (Fate.LATE if late else Fate.DUPLICATE), steps
        elif index in session.held:
            return Fate.DUPLICATE, steps
        else:
            self._hold(session, arrival.heard, now)
        session.heard_at_seconds = now
        steps += self._advance()
        while self._held_count > MOST_HELD or len(self._sessions) > MOST_SESSIONS:
            steps += self._give_up()
        return Fate.TAKEN, steps

    def due(self, now: float) -> list[Next | Ended]:
        """Gives up the holes whose time has passed; returns what goes on."""
        steps: list[Next | Ended] = []
        while self._is_overdue(now):
            steps += self._give_up()
        return steps

    def wait_anew(self, now: float) -> None:
        """Starts every wait again: for a while nothing could come, so nothing was late."""
        for session in self._sessions:
            session.seen_at_seconds = session.heard_at_seconds = session.told_at_seconds = now
            session.held = {index: (heard, now) for index, (heard, _) in session.held.items()}

    def _session(self, name: str, now: float) -> _Session:
        for session in self._sessions:
            if session.name == name:
                return session
        self._sessions.append(_Session(name, now, now))
        return self._sessions[-1]

    def _is_of_another_hop(self, heard: Heard) -> bool:
        if not self._hop_seconds or not heard.index:
            return False
        return abs(_hop_of(heard) - self._hop_seconds) > SAME_HOP * self._hop_seconds

    def _renumber(self, heard: Heard) -> list[Next | Ended]:
        """Hands on what is held by the old numbering, and goes on behind it by that of `heard`."""
        session, steps = self._sessions[0], list[Next | Ended]()
        while session.held:
            steps += self._give_up()
        self._hop_seconds = _hop_of(heard)
        self._holes.clear()
        # The first window that ends later than what has gone on.
        self._next_index = math.floor((self._heard_until_seconds - WINDOW_SECONDS) / self._hop_seconds + SAME_HOP) + 1
        return steps

    def _is_overdue(self, now: float) -> bool:
        if not self._sessions:
            return False
        session = self._sessions[0]
        if session.held:
            _, arrived_at_seconds = next(iter(session.held.values()))
            return now - arrived_at_seconds >= self._lateness_seconds
        if session.windows is not None:
            return now - session.told_at_seconds >= self._lateness_seconds
        if len(self._sessions) == 1 or now - self._sessions[1].seen_at_seconds < self._grace_seconds:
            return False
        # The next one began, and this one goes on all the same: it is the younger of the two.
        return now - session.heard_at_seconds >= min(self._lateness_seconds, LONGEST_SILENCE_SECONDS)

    def _give_up(self) -> Iterator[Next | Ended]:
        """Goes past the oldest hole; without one, ends the oldest session."""
        session = self._sessions[0]
        if session.held:
            yield from self._advance(min(session.held) - self._next_index)
        else:
            missing = max(0, (session.windows or 0) - self._next_index)
            yield self._retire(complete=session.windows is not None, missing=missing)
            yield from self._advance()

    def _advance(self, missing: int = 0) -> Iterator[Next | Ended]:
        """Hands on what is contiguous, after `missing` windows that are given up."""
        if missing:
            self._holes.append((self._next_index, self._next_index + missing))
            self._next_index += missing
        while self._sessions:
            session = self._sessions[0]
            if session.windows is not None and self._next_index >= session.windows:
                yield self._retire(complete=True)
                continue
            if self._next_index not in session.held:
                return
            heard, arrived_at_seconds = self._release(session, self._next_index)
            self._next_index += 1
            self._heard_until_seconds = heard.end_seconds
            self._hop_seconds = _hop_of(heard)
            yield Next(session.name, heard, missing, arrived_at_seconds)
            missing = 0

    def _hold(self, session: _Session, heard: Heard, now: float) -> None:
        session.held[heard.index] = (heard, now)
        self._unsaved[session.name, heard.index] = heard
        self._held_count += 1

    def _release(self, session: _Session, index: int) -> tuple[Heard, float]:
        key = (session.name, index)
        if self._unsaved.pop(key, None) is None:
            self._released.add(key)
        self._held_count -= 1
        return session.held.pop(index)

    def _retire(self, *, complete: bool, missing: int = 0) -> Ended:
        session = self._sessions.pop(0)
        surplus = list(session.held)
        for index in surplus:
            self._release(session, index)
        self._retired.append(session.name)
        self._holes.clear()
        self._next_index, self._hop_seconds, self._heard_until_seconds = 0, 0.0, 0.0
        return Ended(session.name, complete, missing, len(surplus))


def _hop_of(heard: Heard) -> float:
    """By which a window is numbered; 0 for the first, which does not tell."""
    return (heard.end_seconds - WINDOW_SECONDS) / heard.index if heard.index else 0.0
