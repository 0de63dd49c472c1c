"""The bound on the requests worked on, and the wait for those without an answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tears.model_server.dataplane.admission import Admission
from tears.model_server.errors import BusyError


class FakeCall:
    """An RPC that ends when told to."""

    def __init__(self, *, has_ended: bool = False) -> None:
        self.has_ended = has_ended
        self.callbacks: list[Callable[[], None]] = []

    def add_callback(self, callback: Callable[[], None]) -> bool:
        if not self.has_ended:
            self.callbacks.append(callback)
        return not self.has_ended

    def end(self) -> None:
        for callback in self.callbacks:
            callback()


def test_who_comes_over_the_limit_is_refused_until_somebody_leaves() -> None:
    admission = Admission(2)
    with admission.enter():
        with admission.enter(), pytest.raises(BusyError, match="2 requests are in flight"):
            admission.enter().__enter__()
        with admission.enter():
            pass


def test_a_request_that_fails_leaves_too() -> None:
    admission = Admission(1)
    with pytest.raises(KeyError), admission.enter():
        raise KeyError
    with admission.enter():
        pass


def test_a_request_is_waited_for_until_its_reply_is_out_not_only_computed() -> None:
    admission, call = Admission(1), FakeCall()
    admission.track(call)
    with admission.enter():
        pass
    assert not admission.wait_until_answered(0.0)
    call.end()
    assert admission.wait_until_answered(0.0)


def test_nobody_waits_for_a_caller_who_gave_up_before_it_began() -> None:
    admission = Admission(1)
    admission.track(FakeCall(has_ended=True))
    assert admission.wait_until_answered(0.0)


def test_requests_are_bounded_by_their_size_too_but_one_is_always_taken() -> None:
    admission = Admission(9, limit_bytes=100)
    with admission.enter(60), admission.enter(40), pytest.raises(BusyError, match="requests of 100 bytes are in"):
        admission.enter(1).__enter__()
    with admission.enter(500), pytest.raises(BusyError):
        admission.enter(1).__enter__()
    with admission.enter(100):
        pass


def test_a_request_may_grow_as_far_as_the_others_leave_room_and_alone_as_it_likes() -> None:
    admission = Admission(9, limit_bytes=100)
    with admission.enter(60):
        with admission.grow(500):
            pass
        with admission.enter(10), admission.grow(30):
            with pytest.raises(BusyError, match="too many for this one to grow"):
                admission.grow(1).__enter__()
            with pytest.raises(BusyError):
                admission.enter(1).__enter__()
        with admission.enter(40):
            pass
    with admission.enter(0), admission.enter(101), admission.grow(0):  # it does not grow
        pass
