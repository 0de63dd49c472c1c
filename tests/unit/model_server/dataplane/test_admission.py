"""The bound on the requests in flight."""

import pytest

from tears.model_server.dataplane.admission import Admission
from tears.model_server.errors import BusyError


def test_a_request_above_the_limit_is_refused_until_another_has_ended() -> None:
    admission = Admission(2)
    with admission.enter():
        with admission.enter(), pytest.raises(BusyError, match="2 requests are in flight"):
            admission.enter().__enter__()
        with admission.enter():
            pass


def test_a_request_that_fails_no_longer_counts() -> None:
    admission = Admission(1)
    with pytest.raises(KeyError), admission.enter():
        raise KeyError
    with admission.enter():
        pass


def test_requests_are_bounded_by_their_size_too_but_one_alone_is_always_accepted() -> None:
    admission = Admission(9, limit_bytes=100)
    with admission.enter(60), admission.enter(40), pytest.raises(BusyError, match="requests of 100 bytes are in"):
        admission.enter(1).__enter__()
    with admission.enter(500), pytest.raises(BusyError):
        admission.enter(1).__enter__()
    with admission.enter(100):
        pass


def test_a_request_may_grow_as_far_as_the_others_leave_room_and_without_a_bound_if_it_is_alone() -> None:
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
