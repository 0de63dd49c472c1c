"""The search for a policy, which judges nights by the alerter's own code."""

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tears.policy.episode_rule import Observation
from tears.policy.parameters import Policy
from tears.trainer.evaluation.nights.truth import NightEvent, NightTruth, write_truth
from tears.trainer.evaluation.policy_search import (
    ScoredNight,
    alerts,
    candidates,
    main,
    merit,
    night_figures,
    read_night,
)

POLICY = Policy(open_threshold=0.8, close_threshold=0.4, evidence_seconds=2.0, span_seconds=3.0, level_floor_dbfs=-60.0)


def observations(scores: dict[int, float], seconds: int = 120, level_dbfs: float = -40.0) -> tuple[Observation, ...]:
    return tuple(Observation(float(t), scores.get(t, 0.05), level_dbfs) for t in range(5, seconds))


def night_of(scores: dict[int, float]) -> ScoredNight:
    episode = NightEvent(
        start=40.0, end=60.0, label="crying", category="crying_baby", level_dbfs=-30, original_recording="r"
    )
    cat = NightEvent(start=80.0, end=85.0, label="other", category="cat", level_dbfs=-30, original_recording="c")
    return ScoredNight(NightTruth("fan", 48_000, 120.0, (episode, cat)), observations(scores))


def figures(**others: Any) -> dict[str, Any]:
    whole = {"bouts": 10, "detected": 9, "median_latency_seconds": 2.0, "false_alerts_per_hour": 0.5}
    return whole | {"alerts_per_bout": 1.0} | others


def test_two_seconds_of_evidence_give_an_alert_at_the_end_of_the_second_window() -> None:
    [alert] = alerts(observations({42: 0.9, 43: 0.9, 44: 0.9}), POLICY)

    assert alert.alerted_at_seconds == 43.0
    assert alert.end_seconds > 44.0


def test_a_single_window_gives_no_alert() -> None:
    assert alerts(observations({42: 0.99}), POLICY) == []


def test_a_night_that_ends_during_crying_still_has_its_alert() -> None:
    [alert] = alerts(observations(dict.fromkeys(range(100, 120), 0.9)), POLICY)

    assert alert.end_seconds == 119.0


def test_episodes_and_false_alerts_are_distinguished() -> None:
    cry, cat = dict.fromkeys(range(42, 61), 0.9), dict.fromkeys(range(82, 87), 0.9)

    found = night_figures([night_of(cry | cat)], POLICY)

    assert (found["bouts"], found["detected"]) == (1, 1)
    assert found["median_latency_seconds"] == 3.0
    assert found["false_by_category"] == {"cat": 1}


def test_merit_rises_with_detected_episodes_and_falls_with_false_alerts_and_lateness() -> None:
    assert merit(figures(detected=10)) > merit(figures())
    assert merit(figures()) > merit(figures(false_alerts_per_hour=3.0))
    assert merit(figures()) > merit(figures(median_latency_seconds=6.0))
    # Within the wanted limits the most sensitive policy, which is the quickest, is the best.
    assert merit(figures(false_alerts_per_hour=0.33, median_latency_seconds=1.0)) > merit(
        figures(false_alerts_per_hour=0.0, median_latency_seconds=1.1)
    )
    assert merit(figures()) > merit(figures(alerts_per_bout=2.0))
    assert merit(figures(detected=0, median_latency_seconds=None, alerts_per_bout=None)) < 0


def test_every_candidate_is_a_policy_that_the_alerter_accepts() -> None:
    tried = list(candidates())

    assert len(tried) > 50
    assert len(set(tried)) == len(tried)


def test_the_command_reads_files_and_prints_the_figures_of_the_policy_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night = night_of(dict.fromkeys(range(42, 61), 0.9))
    write_truth(night.truth, tmp_path / "n.truth.json")
    lines = [
        {"end_seconds": o.end_seconds, "level_dbfs": o.level_dbfs, "cry_score": o.score} for o in night.observations
    ]
    (tmp_path / "n.detections.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert read_night(tmp_path / "n.truth.json", tmp_path / "n.detections.jsonl") == night

    pair = f"{tmp_path / 'n.truth.json'}={tmp_path / 'n.detections.jsonl'}"
    assert main([pair, "--policy", '{"open_threshold": 0.8, "close_threshold": 0.4}']) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["detected"], printed["open_threshold"]) == (1, 0.8)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("n.truth.json", "is not TRUTH=DETECTIONS"),
        ("n.truth.json=gone.jsonl", r"gone\.jsonl cannot be read: No such file"),
        ("n.truth.json=n.truth.json", "holds no detections of a night"),
        ("gone.json=n.detections.jsonl", r"gone\.json cannot be read: No such file"),
    ],
)
def test_a_night_that_cannot_be_read_is_reported_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_truth(night_of({}).truth, Path("n.truth.json"))
    Path("n.detections.jsonl").touch()

    with contextlib.suppress(SystemExit):  # argparse refuses the argument
        assert main([given]) == 1
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize("policy", ["{", '{"opens": 1}', '{"open_threshold": 2}'])
def test_an_invalid_policy_is_reported_in_a_line(capsys: pytest.CaptureFixture[str], policy: str) -> None:
    with pytest.raises(SystemExit):
        main(["a=b", "--policy", policy])
    assert f"{policy} is not a policy" in capsys.readouterr().err
