"""What a taught ear would have done beside the one in use. No I/O."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tears.journal.history.records import HOLE, NightSeries
from tears.journal.teaching.trial_scores import Rows
from tears.journal.web.pages.sensitivity.judged_series import judge_series
from tears.kit.registry.mic_names import room_of_mic
from tears.policy.judged_nights import JudgedEpisode
from tears.policy.parameters import Policy

_MOST_SHOWN_STRETCHES = 30
# Of a series, in seconds.
_LONGEST_GRID = 30 * 86_400


class TrialAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that only one of the two ears would have sent; times are seconds since 1970."""

    room_name: str
    at: float
    by_taught: bool


class TrialSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A trial so far.

    Attributes:
        heard_seconds: of all rooms together.
        served_alerts: how many alerts the ear in use would have sent; `taught_alerts` likewise.
        differences: the alerts of only one of them, the latest first; at most 30.
    """

    heard_seconds: int
    served_alerts: int
    taught_alerts: int
    differences: tuple[TrialAlert, ...]


def summarize(rooms: Mapping[str, Rows], policy: Policy, name_of: Callable[[str], str] = room_of_mic) -> TrialSummary:
    """Judge both ears' scores by the rule that alerts; `name_of` returns the name of a room for people."""
    differences: list[TrialAlert] = []
    counts = [0, 0]
    heard_seconds = 0
    for mic, rows in rooms.items():
        heard_seconds += len(rows)
        served, taught = (judge_series(policy, _series(mic, rows, which)) for which in ("served", "taught"))
        counts[0] += len(served)
        counts[1] += len(taught)
        for alone, others, by_taught in ((served, taught, False), (taught, served, True)):
            differences += [
                TrialAlert(room_name=name_of(mic), at=one.alerted_at_seconds, by_taught=by_taught)
                for one in alone
                if not _is_among(one, others)
            ]
    differences.sort(key=lambda one: -one.at)
    return TrialSummary(
        heard_seconds=heard_seconds,
        served_alerts=counts[0],
        taught_alerts=counts[1],
        differences=tuple(differences[:_MOST_SHOWN_STRETCHES]),
    )


def _is_among(episode: JudgedEpisode, others: Sequence[JudgedEpisode]) -> bool:
    return any(
        one.start_seconds <= episode.cried_until_seconds and one.cried_until_seconds >= episode.start_seconds
        for one in others
    )


def _series(mic: str, rows: Rows, which: str) -> NightSeries:
    """Return the rows of one ear on a grid of seconds."""
    if not len(rows):
        empty: npt.NDArray[np.uint8] = np.empty(0, np.uint8)
        return NightSeries(mic=mic, from_at=0.0, seconds=empty, levels=empty)
    # A row is the second that ends at its time. A clock that jumps far must not make the grid long.
    ends = np.rint(rows["at"]).astype(np.int64)
    within = ends > ends[-1] - _LONGEST_GRID
    ends, rows = ends[within], rows[within]
    places = ends - ends[0]
    seconds = np.full(places[-1] + 1, HOLE, np.uint8)
    levels = seconds.copy()
    seconds[places], levels[places] = rows[which], rows["level"]
    return NightSeries(mic=mic, from_at=float(ends[0] - 1), seconds=seconds, levels=levels)
