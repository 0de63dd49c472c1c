"""What the bench says of an overload, judged by made-up windows."""

import dataclasses
import math

from bench.pipeline.overload import SeenWindow, judge_run, replica_figures

ROOMS, SECONDS, CALM_BEGAN_SECONDS = 2, 45, 1_000.0


def window(
    end_seconds: int, mic: str, *, lag_seconds: float = 0.1, given_up: bool = False, session: str = "bench"
) -> SeenWindow:
    captured_at = (CALM_BEGAN_SECONDS if session == "calm" else 900.0) + end_seconds
    return SeenWindow(mic, session, float(end_seconds), captured_at, captured_at + lag_seconds, given_up, not given_up)


def loaded_windows() -> list[SeenWindow]:
    """Return a run in which each room has every other window given up, and the others after four seconds."""
    ends = range(16, SECONDS + 1)
    return [window(end, mic, lag_seconds=4.0, given_up=bool(end % 2)) for mic in ("room0", "room1") for end in ends]


def test_a_run_in_which_every_other_window_is_given_up_is_described() -> None:
    calm = [window(end, "room0", lag_seconds=2.0 if end < 12 else 0.1, session="calm") for end in range(5, 40)]
    run = judge_run([*loaded_windows(), *calm], ROOMS, 1, SECONDS)
    assert run.lag_seconds == 4.0
    assert run.scored_share == 0.5
    # In the thirty seconds after the first fifteen; two rooms.
    assert run.scored_per_second == 1.0
    assert (run.shares_apart, run.unaccounted) == (0.0, 0)
    # The window that ended in second 11 was the last one that was late.
    assert run.recovery_seconds == 11.0


def test_windows_that_never_came_and_a_room_that_is_not_heard_are_seen() -> None:
    windows = [one for one in loaded_windows() if one.mic == "room0"]
    run = judge_run(windows, ROOMS, 1, SECONDS)
    assert run.unaccounted == 30
    assert run.shares_apart == 1.0
    assert math.isinf(run.recovery_seconds)


def test_two_replicas_are_judged_by_what_they_score_beside_one() -> None:
    one = judge_run(loaded_windows(), ROOMS, 1, SECONDS)
    two = dataclasses.replace(one, replicas=2, scored_per_second=0.8 * one.scored_per_second)
    (figure,) = replica_figures(one, two)
    assert (figure.value, figure.is_met) == (0.8, False)
    assert replica_figures(one, one) == []
