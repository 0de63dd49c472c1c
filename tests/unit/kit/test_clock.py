import threading
import time

import pytest

from tears.kit.clock import Clock, ManualClock, SystemClock, wall_clock_fault


@pytest.mark.parametrize("clock", [SystemClock(), ManualClock()], ids=["system", "manual"])
def test_a_wait_lasts_until_the_event_or_for_the_whole_time(clock: Clock) -> None:
    event = threading.Event()
    before = clock.monotonic_seconds()
    assert clock.wait(event, 0.01) is False
    assert clock.monotonic_seconds() - before >= 0.01
    event.set()
    before = clock.monotonic_seconds()
    assert clock.wait(event, 60.0) is True
    assert clock.monotonic_seconds() - before < 60.0


def test_the_system_clock_is_that_of_the_machine() -> None:
    assert SystemClock().wall_seconds() == pytest.approx(time.time(), abs=5)


def test_a_manual_clock_moves_only_when_the_test_moves_it() -> None:
    clock = ManualClock(wall_seconds=100.0, monotonic_seconds=5.0)
    clock.advance(2.0)
    clock.step_wall(-50.0)
    assert (clock.wall_seconds(), clock.monotonic_seconds()) == (52.0, 7.0)


@pytest.mark.parametrize(("wall_seconds", "day"), [(0.0, "1970-01-01"), (1.5e9, "2017-07-14"), (4e9, "2096-10-02")])
def test_a_clock_that_is_years_off_is_reported_with_its_day(wall_seconds: float, day: str) -> None:
    assert wall_clock_fault(wall_seconds).startswith(f"the clock shows {day}, which cannot be right")


def test_a_clock_that_may_be_right_is_not_reported() -> None:
    assert wall_clock_fault(SystemClock().wall_seconds()) == ""
