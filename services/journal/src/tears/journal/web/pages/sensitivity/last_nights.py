"""What each level of sensitivity would have done in the last nights, from the history."""

import datetime as dt
from collections.abc import Mapping
from typing import Final, NamedTuple

from tears.journal.history import HistoryFile, ParentLabel
from tears.journal.web.pages.sensitivity.what_if import LevelResult, judge_nights
from tears.kit.calendar.nights import last_night
from tears.policy.sensitivity import Sensitivity

JUDGED_NIGHTS: Final = 7


class JudgedHome(NamedTuple):
    """The evenings of the nights of which something is known, the answers of the parents in them, and the results."""

    evenings: list[dt.date]
    labels: list[ParentLabel]
    results: Mapping[Sensitivity, LevelResult]


def judge_last_nights(history: HistoryFile, now_at: float, nights: int = JUDGED_NIGHTS) -> JudgedHome:
    """Judge the last nights at the wall clock's `now_at`; seven take a fifth of a second."""
    latest = last_night(now_at)
    evenings = [latest.before(k).evening for k in range(nights)]
    known = {evening: night for evening in evenings if (night := history.night(evening)).rooms}
    labels = history.labels(latest.before(nights - 1).starts_seconds, latest.ends_seconds)
    return JudgedHome(list(known), labels, judge_nights(known, labels))
