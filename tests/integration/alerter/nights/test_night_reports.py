"""A night's report is sent once, whenever the alerter is killed; and what keeps the nights delays no alert."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from support.alerter.alerter_runs import AlerterRun, AlerterRuns
from support.alerter.nights import at, local_zone
from support.redis.detections import cries, night, publish

from tears.alerter.nights.night_file import night_file_of, read_night_file
from tears.alerter.notices.kinds import NoticeKind

SEVEN = (7, 0)


@pytest.fixture(autouse=True)
def _two_in_the_night(monkeypatch: pytest.MonkeyPatch, runs: AlerterRuns) -> Iterator[None]:
    """Let the detections of a test be heard in a night, from two o'clock on."""
    with local_zone(monkeypatch):
        two = at("2026-11-30 02:00")
        monkeypatch.setattr("support.redis.detections.WALL_SECONDS", two)
        runs.clock.step_wall(two - runs.clock.wall_seconds())
        yield


def hear_two_cries(runs: AlerterRuns) -> AlerterRun:
    run = runs.begin(report_at=SEVEN)
    publish(runs.client, night(cries(2)))
    runs.clock.advance(60.0)
    run.read_all()
    return run


def reports(run: AlerterRun) -> list[dict[str, object]]:
    rows = run.connection.execute("SELECT facts FROM notices WHERE notice_kind = ?", (NoticeKind.NIGHT_REPORT,))
    return [msgspec.json.decode(facts) for (facts,) in rows]


def move_to(runs: AlerterRuns, text: str) -> None:
    runs.clock.advance(at(text) - runs.clock.wall_seconds())


def test_the_report_of_the_night_is_sent_at_its_hour(runs: AlerterRuns) -> None:
    run = hear_two_cries(runs)
    move_to(runs, "2026-11-30 06:59")
    run.keeper.turn()
    run.turn()
    assert reports(run) == []
    move_to(runs, "2026-11-30 07:00")
    run.keeper.turn()
    run.turn()
    (facts,) = reports(run)
    assert (facts["night"], facts["bouts"]) == ("2026-11-29", 2)


def test_a_fault_in_keeping_the_night_stops_no_alert(runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tears.alerter.nights.notes.NightNotes.note_window", lambda *_: 1 / 0)
    run = hear_two_cries(runs)
    assert run.titles() == ["nursery: crying"] * 2


def test_a_night_is_told_once_over_restarts(runs: AlerterRuns) -> None:
    run = hear_two_cries(runs)
    move_to(runs, "2026-11-30 07:00")
    run.keeper.turn()
    run.turn()
    # The receiver takes it, and the process is killed.
    run.connection.execute("DELETE FROM notices")
    run.kill()
    for _ in range(2):
        run = runs.begin(report_at=SEVEN)
        run.keeper.turn()
        run.turn()
        assert reports(run) == []
        run.kill()
    # It is another night's turn the next day, of which nothing was heard.
    move_to(runs, "2026-12-01 07:00")
    run = runs.begin(report_at=SEVEN)
    run.keeper.turn()
    run.turn()
    assert reports(run) == []


def test_a_clock_that_is_far_ahead_deletes_no_night(runs: AlerterRuns) -> None:
    run = hear_two_cries(runs)
    run.keeper.write()
    runs.clock.step_wall(at("2110-01-01 03:00") - runs.clock.wall_seconds())
    run.keeper.write()
    with read_night_file(night_file_of(runs.path)) as file:
        assert len(file.episodes(0.0, at("2026-12-01 00:00"))) == 2


def test_a_report_that_was_made_but_not_saved_is_made_again(runs: AlerterRuns) -> None:
    run = hear_two_cries(runs)
    move_to(runs, "2026-11-30 07:00")
    run.keeper.turn()
    run.kill()
    run = runs.begin(report_at=SEVEN)
    run.keeper.turn()
    run.turn()
    assert len(reports(run)) == 1


def test_a_night_that_was_told_is_remembered_if_the_state_file_is_lost_while_it_runs(
    runs: AlerterRuns,
) -> None:
    run = hear_two_cries(runs)
    move_to(runs, "2026-11-30 07:00")
    run.keeper.turn()
    run.turn()
    runs.path.unlink()
    run.turn(3, seconds=2.0)
    run.kill()
    run = runs.begin(report_at=SEVEN)
    run.connection.execute("DELETE FROM notices")
    run.keeper.turn()
    run.turn()
    assert reports(run) == []


def test_alerts_go_on_while_the_nights_cannot_be_kept(runs: AlerterRuns) -> None:
    path: Path = night_file_of(runs.path)
    path.mkdir()
    run = hear_two_cries(runs)
    runs.clock.advance(60.0)
    run.keeper.turn()
    assert run.titles() == ["nursery: crying", "nursery: crying"]
    assert run.metric("night_failures_total", step="write") >= 1
    # What could not be written is written once that is possible.
    path.rmdir()
    move_to(runs, "2026-11-30 07:00")
    run.keeper.turn()
    run.turn()
    assert [facts["bouts"] for facts in reports(run)] == [2]


def test_a_loop_without_a_keeper_judges_as_before(runs: AlerterRuns) -> None:
    run = runs.begin()
    run.alerter._keeper = None
    publish(runs.client, night(cries(1)))
    run.read_all()
    run.turn()
    assert run.titles() == ["nursery: crying"]
