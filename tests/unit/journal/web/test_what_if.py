import datetime as dt

import numpy as np

from tears.journal.history.records import KeptStretch, NightSeries, ParentLabel, RoomStretch, Verdict
from tears.journal.web.pages.sensitivity.what_if import judge_nights
from tears.policy.sensitivity import Sensitivity

EVENING = dt.date(2027, 1, 14)
FROM = 1_800_000_000.0


def night(*scores: tuple[int, int], mic: str = "nursery") -> KeptStretch:
    """Return an hour with a score from each of these seconds on, for ten seconds, and quiet otherwise."""
    seconds = np.zeros(3_600, np.uint8)
    for at, score in scores:
        seconds[at : at + 10] = score
    series = NightSeries(mic=mic, from_at=FROM, seconds=seconds, levels=np.full(3_600, 90, np.uint8))
    room = RoomStretch(
        mic=mic, room_name=mic, series=series, episodes=(), near_misses=(), crying_seconds=0.0, heard_seconds=3_600.0
    )
    return KeptStretch(from_at=FROM, to_at=FROM + 3_600, rooms=(room,))


def said(verdict: Verdict, at: int, mic: str = "nursery") -> ParentLabel:
    return ParentLabel(
        id=f"{verdict}-{at}",
        mic=mic,
        from_at=FROM + at,
        to_at=FROM + at + 10,
        verdict=verdict,
        made_by="parent",
        made_at=0.0,
    )


def test_the_alerts_of_each_night_are_counted_for_each_level() -> None:
    results = judge_nights({EVENING: night((100, 40), (600, 60), (1_200, 90))}, [])
    assert {level: result.alerts[EVENING] for level, result in results.items()} == {
        Sensitivity.LOW: 1,
        Sensitivity.NORMAL: 2,
        Sensitivity.HIGH: 3,
    }


def test_what_a_parent_called_crying_is_found_or_missed() -> None:
    labels = [said(Verdict.CRYING, 600), said(Verdict.CRYING, 100)]
    results = judge_nights({EVENING: night((100, 40), (600, 60))}, labels)
    assert (results[Sensitivity.NORMAL].found, results[Sensitivity.NORMAL].missed) == (1, 1)
    assert (results[Sensitivity.HIGH].found, results[Sensitivity.HIGH].missed) == (2, 0)


def test_an_alert_for_what_a_parent_called_something_else_is_false() -> None:
    results = judge_nights({EVENING: night((100, 60))}, [said(Verdict.CAT, 100), said(Verdict.CAT, 2_000)])
    assert results[Sensitivity.NORMAL].false_alerts == 1
    assert results[Sensitivity.LOW].false_alerts == 0


def test_a_label_of_another_room_says_nothing_about_this_one() -> None:
    results = judge_nights({EVENING: night((100, 90))}, [said(Verdict.CAT, 100, mic="attic")])
    assert results[Sensitivity.NORMAL].false_alerts == 0
