"""Apply the rule that alerts to the scores that the history keeps. No I/O."""

import numpy as np

from tears.journal.history.records import HOLE, LEAST_LEVEL_DBFS, NightSeries
from tears.policy.episode_rule import (
    CryingEpisode,
    EpisodeClosed,
    Observation,
    PolicyState,
    close_episode,
    observe_window,
)
from tears.policy.judged_nights import JudgedEpisode
from tears.policy.parameters import Policy


def judge_series(policy: Policy, series: NightSeries) -> list[JudgedEpisode]:
    """Return the episodes that a policy would have had in a room; the times are seconds since 1970.

    The result is that of the rule for all seconds, each a window that ends with its second. But most of a night is
    quiet, and while no episode is open, a score below the higher threshold changes nothing. So the rule sees only the
    seconds from the one before such a score until the episode has closed.
    """
    scores, levels = series.seconds.tobytes(), series.levels.tobytes()
    is_opening = (series.seconds != HOLE) & (series.seconds >= 100 * policy.open_threshold - 1e-6)
    state, second = PolicyState(), 0
    closed = list[CryingEpisode]()
    for opening in map(int, np.flatnonzero(is_opening)):
        second = max(second, opening - 1)
        while second < len(scores) and (second <= opening or state.episode is not None):
            score = None if scores[second] == HOLE else scores[second] / 100
            window = Observation(series.from_at + second + 1, score, float(levels[second] + LEAST_LEVEL_DBFS))
            state, changes = observe_window(policy, state, window)
            closed += [one.episode for one in changes if isinstance(one, EpisodeClosed)]
            second += 1
    _, last = close_episode(state)
    closed += [last.episode] if last is not None else []
    return [JudgedEpisode(one.start_seconds, one.alerted_at_seconds, one.cried_until_seconds) for one in closed]
