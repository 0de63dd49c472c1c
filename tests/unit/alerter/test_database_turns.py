"""Check that the threads use the database one after another, and what an alert waits for before all else."""

import threading

import pytest
from support.waiting import wait_until

from tears.alerter.database import DatabaseTurns


def test_who_goes_first_does_not_wait_behind_the_others() -> None:
    turns, order, begun = DatabaseTurns(), list[str](), threading.Event()

    def take(name: str, *, first: bool) -> None:
        begun.set()
        with turns.turn(first=first):
            order.append(name)

    with turns.turn():
        others = [threading.Thread(target=take, args=(f"other {k}",), kwargs={"first": False}) for k in range(3)]
        for thread in others:
            thread.start()
        begun.wait()
        alert = threading.Thread(target=take, args=("alert",), kwargs={"first": True})
        alert.start()
        wait_until(lambda: turns._first_waiting)
        assert not order
    for thread in [*others, alert]:
        thread.join()

    assert order[0] == "alert"
    assert len(order) == 4


def test_a_turn_ends_with_its_error() -> None:
    turns = DatabaseTurns()
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn(first=True):
        assert turns._is_taken
    assert not turns._is_taken
