"""Signals that end a command."""

import os
import signal
from collections.abc import Iterator

import pytest

from tears.cli.pipeline.stop_signals import stop_event_in_block, tidying_up

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    assert {number: signal.getsignal(number) for number in NUMBERS} == before


@pytest.mark.parametrize("number", NUMBERS)
def test_the_first_signal_sets_the_event_and_only_the_second_interrupts(number: signal.Signals) -> None:
    with stop_event_in_block() as stop:
        os.kill(os.getpid(), number)
        assert stop.wait(10)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)


@pytest.mark.timeout(120)
def test_a_signal_while_the_event_is_locked_does_not_block_forever() -> None:
    with stop_event_in_block() as stop:
        with stop._cond:  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(10)


@pytest.mark.parametrize("number", NUMBERS)
def test_tidying_up_goes_on_to_its_end_in_a_hurry(number: signal.Signals) -> None:
    asked = []

    def tidy_up() -> None:
        with tidying_up() as hurry:
            asked.append(hurry.is_asked)
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            asked.append(hurry.is_asked)

    with pytest.raises(KeyboardInterrupt):
        tidy_up()
    assert asked == [False, True]


def test_tidying_up_without_a_signal_raises_nothing() -> None:
    with tidying_up(is_hurried=True) as hurry:
        assert hurry.is_asked
