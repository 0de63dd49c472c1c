"""The rounds of the alerter's loop, on a real Redis."""

import threading

import pytest
from support.alerter.alerter_runs import AlerterRuns
from support.redis.detections import QUIET, night, publish

from tears.alerter.loop import ROUND_PAUSE_SECONDS

ROOMS = ("attic", "nursery", "study")


def test_the_windows_that_come_during_a_pause_are_judged_in_one_round(
    runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.begin()
    judged: list[float] = []

    def publish_meanwhile(stop: threading.Event, seconds: float) -> bool:
        assert seconds == ROUND_PAUSE_SECONDS
        judged.append(run.metric("lag_seconds_count"))
        for room in ROOMS:
            publish(run.client, night([QUIET], mic=room, first=len(judged) - 1))
        if len(judged) == 3:
            stop.set()
        return stop.is_set()

    monkeypatch.setattr(run.clock, "wait", publish_meanwhile)
    run.alerter.run()

    assert judged == [0, 3, 6]
    run.kill()
