"""When scores are a bout of crying: the policy, on the audio's own clock.

A window is *crying* when its score reaches a threshold and its level, before gain, the floor: the higher threshold
while no bout is open, the lower one while one is. What a window says holds for the time since the window before it
ended, so that nothing here depends on how often windows are made:

- A bout opens at the end of the window with which `evidence_seconds` of crying lie within the last `span_seconds`.
- It closes once `quiet_seconds` have passed since the last crying, but not before `refractory_seconds` have passed
  since it opened: crying that comes back until then extends the open bout and opens no second one.
- Where there is no score (a tombstone, a hole, the time between two sessions) there is neither crying nor quiet. Time
  passes all the same: what goes beyond `unheard_seconds` is taken for quiet, so that every bout ends.

Everything is a frozen value. Nothing is imported but the standard library: a night can be judged offline by the very
code that alerts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

# A window speaks for no more time than it has heard, however long ago the one before it was.
LONGEST_STEP_SECONDS = 5.0
# Sums of hops such as 0.1 s fall short of their decimal value by rounding; far below any hop.
_TOLERANCE_SECONDS = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The parameters. Scores are in [0, 1], levels in dBFS before gain, times in seconds of audio.

    Attributes:
        open_threshold: a window of at least this score is crying while no bout is open.
        close_threshold: a window of at least this score keeps an open bout going.
        level_floor_dbfs: a window below this level is not crying, whatever its score.
        evidence_seconds: so much crying opens a bout ...
        span_seconds: ... within so much time.
        quiet_seconds: so long without crying closes it.
        refractory_seconds: so long after it opened it stays open, at least.
        unheard_seconds: so much time without a score, since the last crying, is not taken for quiet. One lost second of
            sound leaves 6 s without a score, since every window that it lies in is lost with it.
    """

    # Chosen for the shipped model on nights composed from the val split (`make model` prints how it does there):
    # 138 of 156 bouts told, 2.0 s after their onset in the median, and one creaking door in 6 h, six times. A higher
    # threshold tells of nearly the same bouts there, later, and of fewer babies elsewhere. One window is evidence
    # enough: the next has heard four of the same five seconds.
    open_threshold: float = 0.39
    close_threshold: float = 0.12
    level_floor_dbfs: float = -65.0
    evidence_seconds: float = 1.0
    span_seconds: float = 1.0
    quiet_seconds: float = 6.0
    refractory_seconds: float = 10.0
    unheard_seconds: float = 15.0

    def __post_init__(self) -> None:
        """Raises ValueError, naming the parameter, unless each makes sense beside the others."""
        if not 0.0 < self.close_threshold <= self.open_threshold <= 1.0:
            raise ValueError(
                f"close_threshold {self.close_threshold} and open_threshold {self.open_threshold} must lie above 0 and "
                "up to 1, the first at most as high as the second"
            )
        if not 0.0 < self.evidence_seconds <= self.span_seconds < math.inf:
            raise ValueError(
                f"evidence_seconds {self.evidence_seconds} must be above 0 and fit into "
                f"span_seconds {self.span_seconds}"
            )
        if not 0.0 < self.quiet_seconds < math.inf:
            raise ValueError(f"quiet_seconds {self.quiet_seconds} must be a finite number above 0")
        for name in ("refractory_seconds", "unheard_seconds"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} {getattr(self, name)} must be a finite number from 0")
        if math.isnan(self.level_floor_dbfs):
            raise ValueError("level_floor_dbfs must be a number")


@dataclass(frozen=True, slots=True)
class Observation:
    """One window as the policy sees it. `score` is None where there is none: for a tombstone, or a hole."""

    end_seconds: float
    score: float | None
    level_dbfs: float = 0.0


@dataclass(frozen=True, slots=True)
class Crying:
    """A stretch of crying that has not opened a bout yet."""

    start_seconds: float
    end_seconds: float
    score: float


@dataclass(frozen=True, slots=True)
class Bout:
    """An open bout.

    Attributes:
        start_seconds: where the first window of its evidence begins to speak: the end of that window less the hop. The
            crying itself began up to a window's length earlier, by as much as the model needs to hear of it.
        alerted_at_seconds: the end of the window that opened it.
        cried_until_seconds: the end of its last crying window.
        peak_score: the highest score of its crying windows.
        unheard_seconds: how much time since the last crying had no score.
    """

    start_seconds: float
    alerted_at_seconds: float
    cried_until_seconds: float
    peak_score: float
    unheard_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PolicyState:
    """Where a microphone stands; values only, so that it can be written down and read back.

    Attributes:
        heard_until_seconds: the end of the last observation; None before the first.
        evidence: crying within the last span, oldest first; empty while a bout is open.
        bout: the open one.
        crying_seconds: how much crying all bouts together have held so far, their evidence included.
    """

    heard_until_seconds: float | None = None
    evidence: tuple[Crying, ...] = ()
    bout: Bout | None = None
    crying_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A bout has opened: the moment to tell somebody."""

    bout: Bout


@dataclass(frozen=True, slots=True)
class Closed:
    """A bout has closed, at `end_seconds`."""

    bout: Bout
    end_seconds: float


Event: TypeAlias = Opened | Closed


def observe(policy: Policy, state: PolicyState, observation: Observation) -> tuple[PolicyState, tuple[Event, ...]]:
    """Takes in the next window of a microphone.

    Args:
        policy: the parameters.
        state: what the last call returned; `PolicyState()` at first.
        observation: windows come in the order of their ends; one that ends no later than what was heard stands for no
            time.

    Returns:
        The new state, and what happened, in order: nothing, a bout opened, one closed, or, after a long time without
        any window, one closed and the next opened.
    """
    before = observation.end_seconds if state.heard_until_seconds is None else state.heard_until_seconds
    now = max(before, observation.end_seconds)
    speaks_from = max(before, now - LONGEST_STEP_SECONDS)
    bout, closed = _go_on(policy, state.bout, before, speaks_from)
    events: list[Event] = [closed] if closed else []
    if bout is None:
        evidence = _weigh(policy, state.evidence, observation, speaks_from, now)
        held_seconds = _held_seconds(evidence, now - policy.span_seconds)
        if not evidence or held_seconds < policy.evidence_seconds - _TOLERANCE_SECONDS:
            return PolicyState(now, evidence, None, state.crying_seconds), tuple(events)
        bout = Bout(evidence[0].start_seconds, now, now, max(one.score for one in evidence))
        return PolicyState(now, (), bout, state.crying_seconds + held_seconds), (*events, Opened(bout))
    crying_seconds = state.crying_seconds
    if _is_crying(policy, observation, policy.close_threshold):
        peak_score = max(bout.peak_score, observation.score or 0.0)
        bout = replace(bout, cried_until_seconds=now, peak_score=peak_score, unheard_seconds=0.0)
        crying_seconds += now - speaks_from
    elif observation.score is None:
        bout, closed = _go_on(policy, bout, speaks_from, now)
    elif _due_seconds(policy, bout) <= now + _TOLERANCE_SECONDS:
        closed = Closed(bout, min(now, _due_seconds(policy, bout)))
        bout = None
    return PolicyState(now, (), bout, crying_seconds), (closed,) if closed else ()


def end(state: PolicyState) -> tuple[PolicyState, tuple[Event, ...]]:
    """Closes what is open, at the end of what was heard: no further window is expected. Evidence is forgotten."""
    if state.bout is None or state.heard_until_seconds is None:
        return replace(state, evidence=()), ()
    return replace(state, evidence=(), bout=None), (Closed(state.bout, state.heard_until_seconds),)


def resumable_until_seconds(policy: Policy, bout: Bout) -> float:
    """Until when crying belongs to `bout`, if nothing at all has been heard since its last crying."""
    return _due_seconds(policy, replace(bout, unheard_seconds=policy.unheard_seconds))


def _go_on(
    policy: Policy, bout: Bout | None, from_seconds: float, until_seconds: float
) -> tuple[Bout | None, Closed | None]:
    """Lets time pass for an open bout in which nothing is heard; it may run out."""
    if bout is None or until_seconds <= from_seconds:
        return bout, None
    bout = replace(bout, unheard_seconds=bout.unheard_seconds + until_seconds - from_seconds)
    due_seconds = _due_seconds(policy, bout)
    if due_seconds > until_seconds + _TOLERANCE_SECONDS:
        return bout, None
    return None, Closed(bout, min(due_seconds, until_seconds))


def _weigh(
    policy: Policy, evidence: tuple[Crying, ...], observation: Observation, speaks_from: float, now: float
) -> tuple[Crying, ...]:
    """The crying within the last span, this window's included."""
    is_crying = _is_crying(policy, observation, policy.open_threshold)
    # Windows without a length of their own tell nothing beyond the first of them, and must not pile up.
    if is_crying and (now > speaks_from or not evidence):
        evidence = (*evidence, Crying(speaks_from, now, observation.score or 0.0))
    return tuple(one for one in evidence if one.end_seconds > now - policy.span_seconds)


def _is_crying(policy: Policy, observation: Observation, threshold: float) -> bool:
    score = observation.score
    return score is not None and score >= threshold and observation.level_dbfs >= policy.level_floor_dbfs


def _due_seconds(policy: Policy, bout: Bout) -> float:
    """When the bout closes unless it goes on."""
    quiet_from_seconds = bout.cried_until_seconds + min(bout.unheard_seconds, policy.unheard_seconds)
    return max(quiet_from_seconds + policy.quiet_seconds, bout.alerted_at_seconds + policy.refractory_seconds)


def _held_seconds(evidence: tuple[Crying, ...], since_seconds: float) -> float:
    return sum(one.end_seconds - max(one.start_seconds, since_seconds) for one in evidence)
