"""Signals may arrive at any moment."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from tears.kit.shutdown import stop_on_signals, stop_signals


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Return an event that the next SIGTERM sets; restore the test runner's own handlers after the test."""
    earlier = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    event = threading.Event()
    stop_on_signals(event)
    yield event
    for number, handler in earlier.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_first_signal_asks_for_a_stop(stop: threading.Event, number: signal.Signals) -> None:
    os.kill(os.getpid(), number)

    assert stop.wait(10)


@pytest.mark.timeout(120)
def test_a_signal_during_a_wait_for_the_stop_does_not_block_forever(stop: threading.Event) -> None:
    # The main thread holds this lock for a moment whenever it waits for the event.
    with stop._cond:  # type: ignore[attr-defined]
        os.kill(os.getpid(), signal.SIGTERM)

    assert stop.wait(10)


def test_a_program_that_nohup_started_survives_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert stop_signals() == [signal.SIGTERM, signal.SIGINT]
    finally:
        signal.signal(signal.SIGHUP, before)
