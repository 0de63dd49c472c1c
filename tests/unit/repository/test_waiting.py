"""The waiting of tests for a condition."""

from types import SimpleNamespace

import pytest
from support import waiting
from support.waiting import wait_until


def test_a_condition_that_comes_true_is_returned_and_one_that_does_not_is_named() -> None:
    looks = iter([0, 0, 7])
    assert wait_until(lambda: next(looks)) == 7
    with pytest.raises(TimeoutError, match=r"not within 0\.01 s: pigs that fly"):
        wait_until(lambda: False, 0.01, describe="pigs that fly")


def test_an_expensive_condition_leaves_half_of_the_time_to_others_and_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    # Not those of the whole process, which other threads use too.
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(waiting, "threading", SimpleNamespace(Event=lambda: SimpleNamespace(wait=pause)))
    costs = iter([0.001, 0.05, 5.0, 0.0])

    def look() -> bool:
        cost = next(costs)
        now[0] += cost
        return cost == 0.0

    assert wait_until(look)
    assert pauses == pytest.approx([0.005, 0.05, 0.25])
