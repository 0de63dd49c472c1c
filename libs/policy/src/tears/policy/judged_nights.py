"""What each sensitivity would have done with scores that were kept. No I/O."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tears.policy.episode_rule import (
    CryingEpisode,
    EpisodeClosed,
    Observation,
    PolicyState,
    close_episode,
    observe_window,
)
from tears.policy.parameters import Policy


@dataclass(frozen=True, slots=True)
class ScoredRoom:
    """The scores of one room in one night, or of one recording, in order; times are seconds of any one clock."""

    name: str
    night: str
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class JudgedEpisode:
    """An episode as a policy would have had it."""

    start_seconds: float
    alerted_at_seconds: float
    cried_until_seconds: float


@dataclass(frozen=True, slots=True)
class LevelSummary:
    """What a policy would have done in all nights together.

    Attributes:
        alerts_a_night: the mean.
        seconds_to_alert: the median, from the start of the crying to the alert; None if there was no alert in any.
        missed: how many stretches of crying would have had no alert.
        unnoticed_minutes: how long there was crying before its alert, or without one, a night.
    """

    alerts_a_night: float
    seconds_to_alert: float | None
    missed: int
    unnoticed_minutes: float


def judge(policy: Policy, observations: Iterable[Observation]) -> list[JudgedEpisode]:
    """Return the episodes that the alerter would have had with this policy."""
    state, closed = PolicyState(), list[CryingEpisode]()
    for observation in observations:
        state, changes = observe_window(policy, state, observation)
        closed += [change.episode for change in changes if isinstance(change, EpisodeClosed)]
    _, last = close_episode(state)
    closed += [last.episode] if last is not None else []
    return [JudgedEpisode(one.start_seconds, one.alerted_at_seconds, one.cried_until_seconds) for one in closed]


def summarise(
    judged: Mapping[str, Sequence[JudgedEpisode]], crying: Mapping[str, Sequence[JudgedEpisode]], nights: int
) -> LevelSummary:
    """Compare the episodes of a policy with the stretches that count as crying, both by the name of their scores."""
    waits: list[float] = []
    unnoticed_seconds, missed = 0.0, 0
    for name, stretches in crying.items():
        for stretch in stretches:
            noticed_at_seconds = _noticed_at(stretch, judged[name])
            if noticed_at_seconds is None:
                missed += 1
                unnoticed_seconds += stretch.cried_until_seconds - stretch.start_seconds
            else:
                waits.append(max(0.0, noticed_at_seconds - stretch.start_seconds))
                unnoticed_seconds += waits[-1]
    return LevelSummary(
        alerts_a_night=sum(map(len, judged.values())) / nights,
        seconds_to_alert=statistics.median(waits) if waits else None,
        missed=missed,
        unnoticed_minutes=unnoticed_seconds / 60 / nights,
    )


def _noticed_at(stretch: JudgedEpisode, episodes: Sequence[JudgedEpisode]) -> float | None:
    """Return the first alert in a stretch of crying, or its start if an episode is open then; None without any."""
    found = [
        max(stretch.start_seconds, one.alerted_at_seconds)
        for one in episodes
        if one.alerted_at_seconds <= stretch.cried_until_seconds and one.cried_until_seconds >= stretch.start_seconds
    ]
    return min(found, default=None)
