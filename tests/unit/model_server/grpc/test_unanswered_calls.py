"""The wait for RPCs that have no answer yet."""

from collections.abc import Callable

from tears.model_server.grpc.unanswered_calls import UnansweredCalls


class FakeCall:
    """An RPC that the test ends."""

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


def test_a_call_is_waited_for_until_it_has_ended() -> None:
    calls, call = UnansweredCalls(), FakeCall()
    calls.track(call)
    assert not calls.wait_until_answered(0.0)
    call.end()
    assert calls.wait_until_answered(0.0)


def test_after_the_close_no_call_is_tracked() -> None:
    calls, early, late = UnansweredCalls(), FakeCall(), FakeCall()
    assert calls.track(early)
    calls.close()
    assert not calls.track(late)
    assert not calls.wait_until_answered(0.0)
    early.end()
    assert calls.wait_until_answered(0.0)


def test_a_call_whose_caller_has_already_given_up_is_not_waited_for() -> None:
    calls = UnansweredCalls()
    calls.track(FakeCall(has_ended=True))
    assert calls.wait_until_answered(0.0)
