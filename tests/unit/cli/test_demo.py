"""Episodes of crying and alerts are matched."""

from rich.console import Console

from tears.cli.demo import Agreement, agree, timeline
from tears.kit.messages import Ending, Episode, EpisodeState
from tears.samples.scene import SceneEvent


def episode(start: float, end: float) -> SceneEvent:
    return SceneEvent(
        start=start,
        end=end,
        label="crying",
        category="crying_baby",
        level_dbfs=-30.0,
        original_recording="synthetic:a",
        label_suspect=0,
    )


def alert(at: float) -> Episode:
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


def printed(events: list[SceneEvent], agreement: Agreement) -> str:
    console = Console(record=True, width=120)
    console.print(timeline(events, agreement))
    return console.export_text()


def test_an_alert_for_each_episode_and_no_other_is_agreement() -> None:
    assert agree([episode(10, 20), episode(60, 63)], [alert(12), alert(69)]).is_whole


def test_a_missed_episode_has_no_alert() -> None:
    agreement = agree([episode(10, 20), episode(60, 70)], [alert(12)])
    assert not agreement.is_whole
    assert agreement.matches[1][1] is None


def test_an_alert_outside_every_episode_is_false() -> None:
    agreement = agree([episode(10, 20)], [alert(12), alert(40)])
    assert not agreement.is_whole
    assert [one.alerted_at_seconds for one in agreement.false_alerts] == [40]


def test_a_second_alert_in_one_episode_is_false() -> None:
    assert not agree([episode(10, 40)], [alert(12), alert(30)]).is_whole


def test_the_table_uses_the_words_of_parents() -> None:
    dog = episode(30, 31)
    dog["label"], dog["category"] = "other", "dog_bark"
    events = [episode(10, 20), episode(60, 70), dog]
    text = printed(events, agree(events, [alert(11.5), alert(40)]))
    assert "alert 1.5 s after it began" in text
    assert "no alert: missed" in text
    assert any("dog bark" in line and line.count("no alert") == 1 for line in text.splitlines())
    assert "false alert" in text
    assert "dBFS" not in text
    assert "0.9" not in text
