"""How long a stage needs for what waits, and when it is left alone because it catches up by itself."""

import pytest

from tears.kit.overload.overload_watch import seconds_to_clear


@pytest.mark.parametrize(
    ("waiting", "done", "arriving"),
    [
        # One room after an outage of a minute, on a machine that is busy with other things.
        (60, 7.0, 1.0),
        (60, 5.0, 1.0),
        # Sixteen rooms after half a minute.
        (480, 50.0, 16.0),
        (0, 5.0, 5.0),
    ],
)
def test_a_stage_that_catches_up_has_nothing_to_clear(waiting: int, done: float, arriving: float) -> None:
    assert seconds_to_clear(waiting, done, arriving, 15.0) == 0.0


@pytest.mark.parametrize(
    ("waiting", "done", "arriving"), [(60, 4.5, 1.0), (60, 5.0, 5.0), (60, 5.0, 24.0), (1_000, 50.0, 16.0)]
)
def test_a_stage_that_does_not_catch_up_needs_the_time_for_all_that_waits(
    waiting: int, done: float, arriving: float
) -> None:
    assert seconds_to_clear(waiting, done, arriving, 15.0) == waiting / done


def test_nothing_is_judged_before_it_is_known_how_much_comes() -> None:
    assert seconds_to_clear(60, 5.0, None, 15.0) == 0.0
