import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tears.trainer.errors import NightError
from tears.trainer.evaluation.nights.score import Alert, NightScore, main, read_alerts, score_night, summary
from tears.trainer.evaluation.nights.truth import NightEvent, NightTruth, read_truth, write_truth


def _episode(start: float, end: float, *, suspect: bool = False) -> NightEvent:
    return NightEvent(start, end, "crying", "crying_baby", -30.0, f"cry at {start}", int(suspect))


def _sound(start: float, end: float, category: str) -> NightEvent:
    return NightEvent(start, end, "other", category, -30.0, category)


def _score(events: list[NightEvent], alerts: list[tuple[float, float]]) -> NightScore:
    return score_night(NightTruth("fan", 48_000, 3_600.0, tuple(events)), [Alert(*alert) for alert in alerts])


@dataclass(frozen=True)
class Case:
    """A night of one hour and its expected score."""

    events: list[NightEvent]
    alerts: list[tuple[float, float]]
    detected: int = 0
    latencies: list[float] = field(default_factory=list)
    inside: int = 0
    false: dict[str, int] = field(default_factory=dict)
    missed: list[float] = field(default_factory=list)


CASES = {
    "nothing happens and there is no alert": Case([], []),
    "an episode without an alert is missed": Case([_episode(100, 120)], [], missed=[100]),
    "an alert within an episode detects it": Case([_episode(100, 120)], [(106, 130)], 1, [6], 1),
    "an alert at the very start counts": Case([_episode(100, 120)], [(100, 130)], 1, [0], 1),
    "an alert at the very end counts": Case([_episode(100, 120)], [(120, 130)], 1, [20], 1),
    "an alert before the episode is false, and the episode missed": Case(
        [_episode(100, 120)], [(99.9, 130)], false={"room noise": 1}, missed=[100]
    ),
    "the alert of a short episode may come until ten seconds after its start": Case(
        [_episode(100, 103)], [(110, 130)], 1, [10], 1
    ),
    "an alert within five seconds after an episode neither detects it nor is false": Case(
        [_episode(100, 120)], [(125, 130)], missed=[100]
    ),
    "an alert later than that is false": Case(
        [_episode(100, 120)], [(125.1, 130)], false={"room noise": 1}, missed=[100]
    ),
    "a short episode is followed by no five seconds beyond its ten": Case(
        [_episode(100, 103)], [(110.1, 130)], false={"room noise": 1}, missed=[100]
    ),
    "two alerts in one episode detect it once": Case([_episode(100, 120)], [(106, 110), (116, 130)], 1, [6], 2),
    "the first alert gives the latency, even if the alerts are not in order": Case(
        [_episode(100, 120)], [(116, 130), (106, 110)], 1, [6], 2
    ),
    "one alert within two overlapping episodes detects both": Case(
        # The second continues the first, so it has no latency. The alert is inside both.
        [_episode(100, 120), _episode(110, 130)],
        [(115, 140)],
        2,
        [15],
        2,
    ),
    "an episode that starts ten seconds later continues the first while the alert's episode is open": Case(
        [_episode(100, 120), _episode(130, 150)], [(106, 130)], 2, [6], 1
    ),
    "an episode that starts later than that does not continue the first": Case(
        [_episode(100, 120), _episode(130.1, 150)], [(106, 160)], 1, [6], 1, missed=[130.1]
    ),
    "an episode does not continue the first once the alert's episode is closed": Case(
        [_episode(100, 120), _episode(128, 150)], [(106, 127.9)], 1, [6], 1, missed=[128]
    ),
    "an episode that continues another and has its own alert has no latency": Case(
        [_episode(100, 120), _episode(128, 150)], [(106, 129), (135, 160)], 2, [6], 2
    ),
    "several episodes continue each other during one alert's episode": Case(
        [_episode(100, 120), _episode(128, 150), _episode(158, 170)], [(106, 200)], 3, [6], 1
    ),
    "of two alerts, the one with the later end decides whether the next episode continues": Case(
        [_episode(100, 120), _episode(128, 150)], [(106, 140), (110, 121)], 2, [6], 2
    ),
    "no episode continues a missed one": Case(
        [_episode(100, 120), _episode(128, 150)], [(90, 200)], 0, false={"room noise": 1}, missed=[100, 128]
    ),
    "a suspect episode is neither detected nor missed": Case(
        [_episode(100, 120, suspect=True), _episode(200, 220, suspect=True)], [(106, 130)], inside=1
    ),
    "an alert within five seconds after a suspect episode is not false": Case(
        [_episode(100, 120, suspect=True)], [(124, 130)]
    ),
    "an episode can continue a suspect one": Case(
        [_episode(100, 120, suspect=True), _episode(128, 150)], [(106, 140)], 1, [], 1
    ),
    "other sounds are not episodes of crying": Case([_sound(100, 120, "dog")], [(106, 130)], false={"dog": 1}),
    "a sound is the cause until eight seconds after it": Case(
        [_sound(100, 120, "dog")], [(127.9, 130)], false={"dog": 1}
    ),
    "a sound is not the cause later": Case([_sound(100, 120, "dog")], [(128, 130)], false={"room noise": 1}),
    "a sound is not the cause before it starts": Case([_sound(100, 120, "dog")], [(100, 130)], false={"room noise": 1}),
    "the first of two sounds is the cause": Case(
        [_sound(100, 110, "dog"), _sound(112, 120, "cat")], [(114, 130)], false={"dog": 1}
    ),
    "false alerts ten seconds apart count as one": Case(
        [], [(100, 101), (110, 111), (120, 121)], false={"room noise": 1}
    ),
    "false alerts further apart count as two": Case([], [(100, 101), (110.1, 111)], false={"room noise": 2}),
    "an alert inside an episode does not join the false ones around it": Case(
        [_episode(100, 106)], [(98, 99), (103, 104), (112, 113)], 1, [3], 1, {"room noise": 2}
    ),
    "false alerts are counted by their cause": Case(
        [_sound(100, 105, "dog"), _sound(200, 205, "cat"), _sound(300, 305, "dog")],
        [(104, 110), (204, 210), (304, 310), (500, 510)],
        false={"dog": 2, "cat": 1, "room noise": 1},
    ),
    "an alert at the start of the night can be false": Case([], [(0, 1)], false={"room noise": 1}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_night_is_scored_as_the_definition_says(case: Case) -> None:
    score = _score(case.events, case.alerts)
    assert score.detected == case.detected
    assert score.latencies == pytest.approx(case.latencies)
    assert score.alerts_inside == case.inside
    assert score.false_by_category == case.false
    assert [episode.start for episode in score.missed] == case.missed
    assert score.bouts == case.detected + len(case.missed)
    assert score.hours == 1


def test_a_missed_episode_is_named_with_its_level_and_recording() -> None:
    missed = _score([_episode(100, 120)], []).missed[0]
    assert (missed.start, missed.level_dbfs, missed.original_recording) == (100, -30.0, "cry at 100")


def test_nights_are_summarised_together() -> None:
    first = _score([_episode(100, 120), _episode(200, 220)], [(103, 110), (106, 112), (400, 401)])
    second = _score([_episode(100, 120), _sound(300, 310, "cat")], [(108, 110), (305, 306), (900, 901)])
    assert summary([first, second]) == {
        "bouts": 3,
        "detected": 2,
        "median_latency_seconds": 5.5,
        "false_alerts_per_hour": 1.5,
        "hours": 2.0,
        "false_by_category": {"room noise": 2, "cat": 1},
        "alerts_per_bout": 1.5,
    }


def test_without_detected_episodes_there_is_no_latency_and_no_alerts_per_bout() -> None:
    summed = summary([_score([_episode(100, 120)], [])])
    assert summed["median_latency_seconds"] is None
    assert summed["alerts_per_bout"] is None


def test_nights_of_no_length_are_refused() -> None:
    with pytest.raises(NightError, match="no length"):
        summary([score_night(NightTruth("fan", 48_000, 0.0, ()), [])])


def _files(folder: Path, name: str, events: list[NightEvent], episodes: str) -> str:
    truth, alerts = folder / f"{name}.truth.json", folder / f"{name}.jsonl"
    write_truth(NightTruth("fan", 48_000, 3_600.0, tuple(events)), truth)
    alerts.write_text(episodes)
    return f"{truth}={alerts}"


EPISODE = (
    '{"mic": "night", "episode_id": "1", "start_seconds": 101.0, "alerted_at_seconds": 106.0, "end_seconds": 130.0}\n'
)


def test_the_command_prints_one_object_over_all_nights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nights = [
        _files(tmp_path, name, [_episode(100, 120)], episodes) for name, episodes in (("a", EPISODE), ("b", "\n"))
    ]
    assert main(nights) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["bouts"], printed["detected"], printed["median_latency_seconds"]) == (2, 1, 6.0)


def test_the_command_prints_a_line_for_each_night_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lines", _files(tmp_path, "a", [_episode(100, 120), _episode(300, 320)], EPISODE)]) == 0
    night, together = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert night == {
        "night": str(tmp_path / "a.truth.json"),
        "bouts": 2,
        "detected": 1,
        "latencies": [6.0],
        "alerts_inside": 1,
        "false_by_category": {},
        "hours": 1.0,
        "missed": [{"start": 300.0, "level_dbfs": -30.0, "original_recording": "cry at 300"}],
    }
    assert together["detected"] == 1


@pytest.mark.parametrize("line", ["{}", '{"alerted_at_seconds": 3, "end_seconds": null}', "[]", "no json"])
def test_a_line_that_is_not_an_episode_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "episodes.jsonl"
    path.write_text(EPISODE + line)
    with pytest.raises(NightError, match=r"episodes\.jsonl, line 2, is not a closed episode"):
        read_alerts(path)


@pytest.mark.parametrize("text", ["{}", "[]", "no json", '{"duration_seconds": 1, "events": [{"start": 1}]}'])
def test_a_file_that_is_not_a_truth_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "night.truth.json"
    path.write_text(text)
    with pytest.raises(NightError, match="not the truth of a night"):
        read_truth(path)


def test_a_truth_need_not_say_which_labels_are_suspect(tmp_path: Path) -> None:
    path = tmp_path / "night.truth.json"
    event = {"start": 1, "end": 2, "label": "crying", "category": "c", "level_dbfs": -30, "original_recording": "r"}
    path.write_text(json.dumps({"room": "fan", "sample_rate_hz": 48_000, "duration_seconds": 60, "events": [event]}))
    assert read_truth(path).events == (NightEvent(1.0, 2.0, "crying", "c", -30.0, "r", 0),)


def test_the_command_says_in_one_line_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{tmp_path}/none.truth.json={tmp_path}/none.jsonl"]) == 1
    assert "none.truth.json cannot be read" in capsys.readouterr().err


def test_a_night_without_an_episodes_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["night.truth.json"])
    assert "TRUTH=EPISODES" in capsys.readouterr().err
