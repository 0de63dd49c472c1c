"""Which sound is taken for a recording, because it comes faster than a room makes it."""

import threading
from typing import cast

import pytest

from tears.kit.clock import ManualClock
from tears.recorder.capture.child_process.capture_process import CaptureProcess
from tears.recorder.capture.child_process.frames import RawBlock, SoundFormat
from tears.recorder.capture.live_listener import LiveSession

RATE_HZ = 10
BLOCK_SECONDS = 100
BLOCKS = 6_000  # a week


class Device:
    """Gives a block of sound each time, which takes it less time than the sound lasts."""

    def __init__(self, clock: ManualClock, speed: float) -> None:
        self._clock = clock
        self._speed = speed

    def next(self, _timeout_seconds: float) -> RawBlock:
        """Take the place of `CaptureProcess.next`."""
        self._clock.advance(BLOCK_SECONDS / self._speed)
        return RawBlock(pcm=bytes(4 * RATE_HZ * BLOCK_SECONDS), lost_samples=0, overflows=0)


@pytest.mark.parametrize(("speed", "is_live"), [(1.0, True), (1.09, True), (1.2, False), (200.0, False)])
def test_a_device_whose_clock_is_a_little_fast_is_no_recording(speed: float, *, is_live: bool) -> None:
    clock, stop = ManualClock(), threading.Event()
    device = cast("CaptureProcess", Device(clock, speed))
    session = LiveSession(device, SoundFormat("camera", RATE_HZ, 1), 5.0, clock, stop)
    heard = 0
    for _ in session.blocks():
        heard += 1
        if heard == BLOCKS:
            stop.set()
    assert (heard == BLOCKS, session.fault == "") == (is_live, is_live)
