"""Messages that arrive: how many at once, and what happens to one that does not end."""

import threading
from collections.abc import Iterator

import pytest
from support.waiting import wait_until

from tears.model_server.errors import BusyError, InvalidArgumentError
from tears.model_server.grpc.receiving import MAX_WAIT_SECONDS, STALLED_AFTER_SECONDS, MessageReceiver

DEADLINE_SECONDS = 60.0


class SlowCall:
    """An RPC whose message arrives when the test says so."""

    def __init__(self, deadline_seconds: float | None = None) -> None:
        self._deadline_seconds = deadline_seconds
        self.arrives, self.begun = threading.Event(), threading.Event()
        self.is_cancelled = False

    def time_remaining(self) -> float | None:
        return self._deadline_seconds

    def cancel(self) -> None:
        self.is_cancelled = True
        self.arrives.set()

    def messages(self) -> Iterator[bytes]:
        self.begun.set()
        assert self.arrives.wait(DEADLINE_SECONDS)
        if not self.is_cancelled:
            yield b"message"


def receive_in_thread(receiver: MessageReceiver, call: SlowCall) -> threading.Thread:
    def receive() -> None:
        try:
            receiver.receive(call.messages(), call)
        except InvalidArgumentError:
            assert call.is_cancelled

    thread = threading.Thread(target=receive)
    thread.start()
    return thread


def test_there_are_as_many_slots_as_the_budget_has_room_for_and_one_at_least() -> None:
    assert [MessageReceiver(4, budget).slots for budget in (0, 3, 4, 11)] == [1, 1, 1, 2]


def test_a_message_waits_for_a_slot_and_is_refused_at_the_deadline() -> None:
    receiver, first = MessageReceiver(1, 1), SlowCall()
    thread = receive_in_thread(receiver, first)
    assert first.begun.wait(DEADLINE_SECONDS)
    late = SlowCall(deadline_seconds=0.0)
    with pytest.raises(BusyError, match="1 requests are still arriving, and no more are accepted"):
        receiver.receive(late.messages(), late)
    assert not late.begun.is_set()
    waiting = SlowCall()
    waiting.arrives.set()
    second = receive_in_thread(receiver, waiting)
    first.arrives.set()
    for each in (thread, second):
        each.join(DEADLINE_SECONDS)
    assert waiting.begun.is_set()


def test_a_message_that_has_stalled_makes_room_for_one_that_waits() -> None:
    now_seconds = 0.0
    receiver = MessageReceiver(1, 1, clock=lambda: now_seconds)
    stalled, waiting = SlowCall(), SlowCall()
    waiting.arrives.set()
    threads = [receive_in_thread(receiver, stalled)]
    assert stalled.begun.wait(DEADLINE_SECONDS)
    threads.append(receive_in_thread(receiver, waiting))
    now_seconds = STALLED_AFTER_SECONDS
    assert now_seconds < MAX_WAIT_SECONDS
    wait_until(waiting.begun.is_set)
    assert stalled.is_cancelled
    for thread in threads:
        thread.join(DEADLINE_SECONDS)


def test_a_call_without_a_message_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="the request has no message"):
        MessageReceiver(1, 1).receive(iter(()), SlowCall())
