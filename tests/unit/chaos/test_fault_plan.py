"""A seed always gives the same faults, and many seeds give all of them."""

from support.chaos.crying_night import WINDOWS
from support.chaos.fault_plan import SERVICES, Fault, draw_plan


def test_a_seed_repeats_its_plan() -> None:
    assert draw_plan(7) == draw_plan(7)
    assert draw_plan(7) != draw_plan(8)


def test_many_seeds_break_everything_in_every_way() -> None:
    drawn = [one for seed in range(60) for one in draw_plan(seed)]
    assert {one.fault for one in drawn} == set(Fault)
    assert {one.service for one in drawn} == {"", *SERVICES}
    assert all(0 <= one.after_windows < WINDOWS for one in drawn)


def test_a_restore_has_an_older_copy() -> None:
    for seed in range(60):
        faults = [one.fault for one in draw_plan(seed)]
        if Fault.RESTORE in faults:
            assert faults.index(Fault.COPY) < faults.index(Fault.RESTORE)
