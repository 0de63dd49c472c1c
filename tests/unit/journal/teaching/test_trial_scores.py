"""The scores of a trial on the disk, and what they come to."""

from pathlib import Path

import numpy as np
import pytest

from tears.journal.teaching import trial_scores
from tears.journal.teaching.trial_scores import ROW, TrialScores
from tears.journal.web.teaching.trial_view import summarize
from tears.policy.parameters import Policy

BEGAN = 1_800_000_000.0
_SCORES = {"#": 0.9, ".": 0.1}


def fill(scores: TrialScores, served: str, taught: str, mic: str = "nursery", began: float = BEGAN) -> None:
    """Add a row each second: # is a score of 0.9, . of 0.1, and a blank is a second without one."""
    for second, (one, other) in enumerate(zip(served, taught, strict=True)):
        if one != " ":
            scores.add(mic, began + second, _SCORES[one], _SCORES[other], -30.0)


def test_rows_are_read_again_in_the_order_of_time(tmp_path: Path) -> None:
    scores = TrialScores(tmp_path / "trial")
    scores.add("nursery", BEGAN + 1, 0.559, 0.1, -30.4)
    scores.add("nursery", BEGAN, 0.0, 1.0, -200.0)
    scores.add("den", BEGAN, 0.29, 0.3, 3.0)

    rooms = scores.rooms()
    assert rooms["nursery"].tolist() == [(BEGAN, 0, 100, 0), (BEGAN + 1, 55, 10, 90)]
    assert rooms["den"].tolist() == [(BEGAN, 29, 30, 120)]
    scores.clear()
    assert scores.rooms() == {}


def test_half_a_row_is_overwritten_and_never_read(tmp_path: Path) -> None:
    scores = TrialScores(tmp_path)
    fill(scores, "..", "..")
    with (tmp_path / "nursery.scores").open("ab") as file:
        file.write(b"half")
    assert len(scores.rooms()["nursery"]) == 2
    fill(scores, "#", "#", began=BEGAN + 5)

    assert scores.rooms()["nursery"]["at"].tolist() == [BEGAN, BEGAN + 1, BEGAN + 5]
    assert (tmp_path / "nursery.scores").stat().st_size == 3 * ROW.itemsize


def test_a_room_keeps_a_week_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_scores, "MOST_ROWS", 3)
    scores = TrialScores(tmp_path)
    fill(scores, "." * 9, "." * 9)

    assert len(scores.rooms()["nursery"]) == 3


def test_a_name_that_leads_elsewhere_is_not_written(tmp_path: Path) -> None:
    scores = TrialScores(tmp_path / "trial")
    fill(scores, ".", ".", mic="../../etc/passwd")

    assert not list(tmp_path.rglob("*"))


def test_the_summary_counts_alerts_of_both_and_names_the_differences(tmp_path: Path) -> None:
    scores = TrialScores(tmp_path)
    quiet = "." * 20
    fill(scores, f"##{quiet}##{quiet}..{quiet}", f"##{quiet}..{quiet}##{quiet}")
    found = summarize(scores.rooms(), Policy())

    assert (found.served_alerts, found.taught_alerts, found.heard_seconds) == (2, 2, 66)
    assert [(one.by_taught, one.at) for one in found.differences] == [(True, BEGAN + 44), (False, BEGAN + 22)]


def test_a_hole_is_no_quiet_and_a_clock_that_jumps_makes_no_long_grid(tmp_path: Path) -> None:
    scores = TrialScores(tmp_path)
    scores.add("nursery", 10.0, 0.9, 0.9, -30.0)
    fill(scores, "##      ##", "##      ##")
    found = summarize(scores.rooms(), Policy())

    assert (found.served_alerts, found.taught_alerts) == (1, 1)
    assert found.differences == ()


def test_a_trial_that_has_heard_nothing_is_empty() -> None:
    assert summarize({"nursery": np.empty(0, ROW)}, Policy()).heard_seconds == 0
