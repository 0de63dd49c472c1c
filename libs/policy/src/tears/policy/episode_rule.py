"""The rule that turns the scores of one room into episodes of crying, on the audio's own clock.

A window is *crying* when its level, before gain, reaches the floor and its score reaches a threshold: the higher
threshold while no episode is open, the lower one while one is open. A window speaks for the time since the end of the
window before it, so the result does not depend on how often windows are made:

- An episode opens at the end of the first window with which `evidence_seconds` of crying lie within the last
  `span_seconds`.
- It closes when `quiet_seconds` have passed since the last crying, but not before `refractory_seconds` have passed
  since it opened. Crying that comes back earlier extends the open episode and opens no second one.
- Time without a score (a tombstone, missing windows, the time between two sessions) is neither crying nor quiet. But
  if it is longer than `unheard_seconds`, the rest counts as quiet, so that every episode ends.
- Where a microphone broke off for at most `unheard_seconds`, the crying before and after counts together, as if there
  had been no time between: see `bridge_break`.

Everything is a frozen value, and only the standard library is imported: a recorded night can be judged offline by the
same code that alerts.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

from tears.policy.parameters import Policy

# No window speaks for more time than it lasts. This equals `tears.audio.constants.WINDOW_SECONDS`, which cannot be
# imported: this package imports nothing of ours, and the alerter's image has no numpy. A test compares the two.
WINDOW_LENGTH_SECONDS = 5.0
# Sums of hops such as 0.1 s are too small by a rounding error; this is far below any hop.
_TOLERANCE_SECONDS = 1e-6


@dataclass(frozen=True, slots=True)
class Observation:
    """One window as the rule sees it. `score` is None for a tombstone or for missing windows."""

    end_seconds: float
    score: float | None
    level_dbfs: float = 0.0


@dataclass(frozen=True, slots=True)
class CryingStretch:
    """A stretch of crying that has not opened an episode yet."""

    start_seconds: float
    end_seconds: float
    score: float


@dataclass(frozen=True, slots=True)
class CryingEpisode:
    """An episode that is, or was, open.

    Attributes:
        start_seconds: the start of the time for which the first window of its evidence speaks: that window's end less
            the hop. The crying itself began up to a window's length earlier.
        alerted_at_seconds: the end of the window that opened it.
        cried_until_seconds: the end of its last crying window.
        peak_score: the highest score of its crying windows.
        unheard_seconds: the time without a score since the last crying.
    """

    start_seconds: float
    alerted_at_seconds: float
    cried_until_seconds: float
    peak_score: float
    unheard_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PolicyState:
    """The memory of the rule for one room; it holds values only, so that it can be saved and loaded.

    Attributes:
        heard_until_seconds: the end of the last observation; None before the first.
        evidence: the crying within the last span, oldest first; empty while an episode is open.
        episode: the open one.
        crying_seconds: the crying in all episodes so far, evidence included.
    """

    heard_until_seconds: float | None = None
    evidence: tuple[CryingStretch, ...] = ()
    episode: CryingEpisode | None = None
    crying_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EpisodeOpened:
    """An episode has opened: the moment to alert."""

    episode: CryingEpisode


@dataclass(frozen=True, slots=True)
class EpisodeClosed:
    """An episode has closed, at `end_seconds`."""

    episode: CryingEpisode
    end_seconds: float


EpisodeChange: TypeAlias = EpisodeOpened | EpisodeClosed


def observe_window(
    policy: Policy, state: PolicyState, observation: Observation
) -> tuple[PolicyState, tuple[EpisodeChange, ...]]:
    """Judge the next window of a room.

    `state` is what the last call returned, or `PolicyState()`. Windows come in the order of their ends; one that does
    not end later than the last one speaks for no time.

    Returns:
        The new state, and what happened, in order: nothing, an episode opened, one closed, or, after a long time
        without any window, one closed and the next opened.
    """
    before = observation.end_seconds if state.heard_until_seconds is None else state.heard_until_seconds
    now = max(before, observation.end_seconds)
    speaks_from = max(before, now - WINDOW_LENGTH_SECONDS)
    episode, closed = _pass_unheard_time(policy, state.episode, before, speaks_from)
    if episode is None:
        changes = (closed,) if closed else ()
        evidence = _evidence_in_span(policy, state.evidence, observation, speaks_from, now)
        since_seconds = now - policy.span_seconds
        cried_seconds = sum(one.end_seconds - max(one.start_seconds, since_seconds) for one in evidence)
        if not evidence or cried_seconds < policy.evidence_seconds - _TOLERANCE_SECONDS:
            return PolicyState(now, evidence, None, state.crying_seconds), changes
        episode = CryingEpisode(evidence[0].start_seconds, now, now, max(one.score for one in evidence))
        return PolicyState(now, (), episode, state.crying_seconds + cried_seconds), (*changes, EpisodeOpened(episode))
    crying_seconds = state.crying_seconds
    if _is_crying(policy, observation, policy.close_threshold):
        peak_score = max(episode.peak_score, observation.score or 0.0)
        episode = replace(episode, cried_until_seconds=now, peak_score=peak_score, unheard_seconds=0.0)
        crying_seconds += now - speaks_from
    elif observation.score is None:
        episode, closed = _pass_unheard_time(policy, episode, speaks_from, now)
    elif _closes_at_seconds(policy, episode) <= now + _TOLERANCE_SECONDS:
        closed = EpisodeClosed(episode, min(now, _closes_at_seconds(policy, episode)))
        episode = None
    return PolicyState(now, (), episode, crying_seconds), (closed,) if closed else ()


def bridge_break(policy: Policy, state: PolicyState, until_seconds: float) -> PolicyState:
    """Let the time until `until_seconds` pass, in which a microphone had broken off and nothing could be heard.

    The evidence so far moves with it, so it does not become older. If the break is longer than `unheard_seconds`, or an
    episode is open, this changes nothing.
    """
    before = state.heard_until_seconds
    if before is None or state.episode is not None or not 0.0 <= until_seconds - before <= policy.unheard_seconds:
        return state
    moved_seconds = until_seconds - before
    evidence = tuple(
        replace(one, start_seconds=one.start_seconds + moved_seconds, end_seconds=one.end_seconds + moved_seconds)
        for one in state.evidence
    )
    return replace(state, heard_until_seconds=until_seconds, evidence=evidence)


def close_episode(state: PolicyState) -> tuple[PolicyState, EpisodeClosed | None]:
    """Close the open episode, if there is one, at the end of the last observation, and forget the evidence."""
    if state.episode is None or state.heard_until_seconds is None:
        return replace(state, evidence=()), None
    return replace(state, evidence=(), episode=None), EpisodeClosed(state.episode, state.heard_until_seconds)


def resumable_until_seconds(policy: Policy, episode: CryingEpisode) -> float:
    """Return until when crying belongs to `episode`, if there has been no score since its last crying."""
    return _closes_at_seconds(policy, replace(episode, unheard_seconds=policy.unheard_seconds))


def _pass_unheard_time(
    policy: Policy, episode: CryingEpisode | None, from_seconds: float, until_seconds: float
) -> tuple[CryingEpisode | None, EpisodeClosed | None]:
    """Let time without a score pass, which may close the open episode."""
    if episode is None or until_seconds <= from_seconds:
        return episode, None
    episode = replace(episode, unheard_seconds=episode.unheard_seconds + until_seconds - from_seconds)
    closes_at_seconds = _closes_at_seconds(policy, episode)
    if closes_at_seconds > until_seconds + _TOLERANCE_SECONDS:
        return episode, None
    return None, EpisodeClosed(episode, min(closes_at_seconds, until_seconds))


def _evidence_in_span(
    policy: Policy, evidence: tuple[CryingStretch, ...], observation: Observation, speaks_from: float, now: float
) -> tuple[CryingStretch, ...]:
    """Return the crying within the last span, with that of this window."""
    is_crying = _is_crying(policy, observation, policy.open_threshold)
    # Windows that speak for no time add nothing to the first of them. Without this check they would pile up.
    if is_crying and (now > speaks_from or not evidence):
        evidence = (*evidence, CryingStretch(speaks_from, now, observation.score or 0.0))
    return tuple(one for one in evidence if one.end_seconds > now - policy.span_seconds)


def _is_crying(policy: Policy, observation: Observation, threshold: float) -> bool:
    score = observation.score
    return score is not None and score >= threshold and observation.level_dbfs >= policy.level_floor_dbfs


def _closes_at_seconds(policy: Policy, episode: CryingEpisode) -> float:
    """Return when the episode closes if there is no more crying."""
    quiet_from_seconds = episode.cried_until_seconds + min(episode.unheard_seconds, policy.unheard_seconds)
    return max(quiet_from_seconds + policy.quiet_seconds, episode.alerted_at_seconds + policy.refractory_seconds)
