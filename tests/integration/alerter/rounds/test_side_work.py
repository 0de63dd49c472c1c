"""What the loop does beside alerts may break: alerts go on, and it is counted and said."""

from collections.abc import Callable

import pytest
from support.alerter.alerter_runs import AlerterRun, AlerterRuns, alerts
from support.redis.detections import cries, night, publish

from tears.alerter.metrics import HOUSE_VIEW, NIGHT_REPORTS


def _break_view(run: AlerterRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.alerter.feed, "show", lambda *_: 1 / 0)


def _break_reports(run: AlerterRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.keeper, "take_news", lambda: 1 / 0)


@pytest.mark.parametrize(("work", "break_it"), [(HOUSE_VIEW, _break_view), (NIGHT_REPORTS, _break_reports)])
def test_broken_side_work_stops_no_alert(
    runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch, work: str, break_it: Callable[..., None]
) -> None:
    run = runs.begin()
    break_it(run, monkeypatch)
    publish(runs.client, night(cries(1)))
    run.read_all()
    assert alerts(runs.client) == [9.0]
    assert run.titles() == ["nursery: crying"]
    assert run.metric("side_failures_total", work=work) > 0
    assert "division by zero" in run.health.ready().reason
    monkeypatch.undo()
    run.turn()
    assert "division by zero" not in run.health.ready().reason
