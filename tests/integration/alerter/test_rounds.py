"""The rounds of the alerter's loop, on a real Redis."""

import threading

import pytest
from support.alerter.alerter_runs import AlerterRun, AlerterRuns
from support.redis.detections import LOUD, QUIET, night, publish

from tears.alerter.loop import MOST_ENTRIES_AT_ONCE, ROUND_PAUSE_SECONDS
from tears.kit.messages import EpisodeState

ROOMS = ("attic", "nursery", "study")


# A loop that makes no pause would never end by itself.
MOST_ROUNDS = 20


def test_the_windows_that_come_during_a_pause_are_judged_in_one_round(
    runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.begin()
    judged: list[float] = []
    rounds = count_rounds(run, monkeypatch)

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
    assert len(rounds) == 3
    run.kill()


def test_what_is_behind_is_judged_without_a_pause(runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.begin()
    publish(run.client, night([QUIET] * (3 * MOST_ENTRIES_AT_ONCE + 1)))
    rounds = count_rounds(run, monkeypatch)

    def stop_at_the_first_pause(stop: threading.Event, _: float) -> bool:
        stop.set()
        return True

    monkeypatch.setattr(run.clock, "wait", stop_at_the_first_pause)
    run.alerter.run()

    assert run.metric("lag_seconds_count") == 3 * MOST_ENTRIES_AT_ONCE + 1
    assert len(rounds) == 4
    run.kill()


def test_all_rooms_are_looked_at_four_times_a_second_while_windows_come(
    runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.begin()
    looks: list[None] = []
    monkeypatch.setattr(run.alerter.feed, "show", lambda *_: looks.append(None))

    for index in range(16):
        publish(run.client, night([QUIET], first=index))
        run.turn(seconds=1 / 16)
    assert len(looks) == 4

    run.turn()
    assert len(looks) == 5, "nothing came, so there was time to look"
    run.kill()


def test_crying_is_shown_in_the_round_that_finds_it(runs: AlerterRuns) -> None:
    run = runs.begin()
    publish(run.client, night([QUIET]))
    run.turn()

    publish(run.client, night([LOUD] * 12, first=1))
    run.turn()

    assert [episode.state for episode in run.alerter.feed.episodes] == [EpisodeState.OPEN]
    run.kill()


def count_rounds(run: AlerterRun, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list that grows with each round; end the loop after so many that it must have missed its end."""
    rounds: list[None] = []
    turn = run.alerter.turn

    def counted() -> bool:
        rounds.append(None)
        if len(rounds) > MOST_ROUNDS:
            raise AssertionError(f"there were {MOST_ROUNDS} rounds without an end")
        return turn()

    monkeypatch.setattr(run.alerter, "turn", counted)
    return rounds
