from __future__ import annotations

from tears.cli.demo import agree
from tears.kit.messages import Ending, Episode, EpisodeState
from tears.samples.scene import SceneEvent


def bout(start: float, end: float) -> SceneEvent:
    return SceneEvent(
        start=start,
        end=end,
        label="crying",
        category="crying_baby",
        level_dbfs=-30.0,
        original_recording="synthetic:a",
        label_suspect=0,
    )


def told(at: float) -> Episode:
    return Episode(
        episode_id=f"e{at}",
        mic="nursery",
        state=EpisodeState.CLOSED,
        ending=Ending.QUIET,
        start_seconds=at - 2,
        alerted_at_seconds=at,
        end_seconds=at + 10,
        peak_score=0.9,
        captured_at_seconds=0.0,
    )


def test_every_bout_told_and_nothing_else_is_agreement() -> None:
    assert agree([bout(10, 20), bout(60, 63)], [told(12), told(69)]).is_whole


def test_a_missed_bout_is_none() -> None:
    agreement = agree([bout(10, 20), bout(60, 70)], [told(12)])
    assert not agreement.is_whole
    assert agreement.told[1][1] is None


def test_an_alert_outside_every_bout_is_false() -> None:
    agreement = agree([bout(10, 20)], [told(12), told(40)])
    assert not agreement.is_whole
    assert [one.alerted_at_seconds for one in agreement.false] == [40]


def test_a_second_alert_in_one_bout_is_false() -> None:
    assert not agree([bout(10, 40)], [told(12), told(30)]).is_whole
