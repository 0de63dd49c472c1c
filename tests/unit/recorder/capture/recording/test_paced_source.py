"""A recording in real time."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from tears.kit.clock import ManualClock
from tears.recorder.capture.recording.paced_source import PacedSource
from tears.recorder.capture.source import Block

RATE_HZ = 8_000


class Tape:
    """A source of a given number of blocks of 0.1 s; each takes `effort_seconds` of the clock to read."""

    description = "tape"
    sample_rate_hz = RATE_HZ
    channels = 1
    fault = "is only a test"
    lost_samples = 0
    overflows = 0

    def __init__(self, blocks: int, clock: ManualClock, effort_seconds: float = 0.0) -> None:
        self._blocks = blocks
        self._clock = clock
        self._effort_seconds = effort_seconds

    def blocks(self) -> Iterator[Block]:
        for _ in range(self._blocks):
            self._clock.advance(self._effort_seconds)
            yield np.zeros((800, 1), np.int16)


def test_a_block_comes_when_its_last_sample_is_due() -> None:
    clock = ManualClock()

    times = [clock.monotonic_seconds() for _ in PacedSource(Tape(3, clock), clock, threading.Event()).blocks()]

    assert times == [pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.3)]


def test_an_hour_takes_an_hour_whatever_the_reader_does_between_blocks() -> None:
    clock = ManualClock()
    count = 0
    for _ in PacedSource(Tape(36_000, clock, effort_seconds=0.03), clock, threading.Event()).blocks():
        clock.advance(0.02)
        count += 1

    assert count == 36_000
    assert clock.monotonic_seconds() == pytest.approx(3_600.02, abs=1e-3)


def test_it_catches_up_after_a_delay() -> None:
    clock = ManualClock()
    times = []
    for _ in PacedSource(Tape(6, clock), clock, threading.Event()).blocks():
        times.append(clock.monotonic_seconds())
        if len(times) == 1:
            clock.advance(0.35)

    assert times == [pytest.approx(at) for at in (0.1, 0.45, 0.45, 0.45, 0.5, 0.6)]


def test_a_jump_of_the_wall_clock_changes_nothing() -> None:
    clock = ManualClock()
    for _ in PacedSource(Tape(10, clock), clock, threading.Event()).blocks():
        clock.step_wall(-1_000)

    assert clock.monotonic_seconds() == pytest.approx(1.0)


def test_a_stop_ends_the_sound_before_the_next_block() -> None:
    clock, stop = ManualClock(), threading.Event()
    count = 0
    for _ in PacedSource(Tape(100, clock), clock, stop).blocks():
        count += 1
        if count == 3:
            stop.set()

    assert count == 3


def test_it_has_the_properties_of_the_recording() -> None:
    clock = ManualClock()
    tape = Tape(1, clock)
    paced = PacedSource(tape, clock, threading.Event())

    assert (paced.description, paced.sample_rate_hz, paced.channels) == ("tape", RATE_HZ, 1)
    assert paced.fault == "is only a test"
