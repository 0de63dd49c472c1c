"""A microphone as an endless row of sessions: captured by a process of its own, which is watched and started again.

A camera on the network is listened to in the same way; only the process is another, see `camera.py`.

PortAudio raises nothing when a sound server dies or a device is torn out, may hang for ever in any call, and never sees
a device that came after it started. So it lives in a process that can be killed: 2 s without a block mean that the
stream is dead, whatever PortAudio says; the next process finds the device again, by its name.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from tears.audio.format import int16_from_int32
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.recorder.capture.child_process.frames import ABSENT, UNUSABLE, Fault, FrameReader, RawBlock, SoundFormat
from tears.recorder.capture.mic_supervisor import Vigil
from tears.recorder.capture.microphone.device_names import DeviceChoice
from tears.recorder.capture.source import Block
from tears.recorder.errors import CaptureError, DeviceAbsentError, SourceError

logger = logging.getLogger(__name__)

DEAD_AFTER_SECONDS = 2.0
# A slow board with many devices takes its time to look at them all.
OPEN_SECONDS = 15.0
# Between two attempts, at most: a device that comes back is heard again within this and the time to open it.
LONGEST_PAUSE_SECONDS = 1.5
# A session of this length was a good one: the next attempt comes at once.
GOOD_SECONDS = 10.0
# How soon a stop is noticed.
LOOK_SECONDS = 0.2
READ_BYTES = 1 << 18


@dataclass(frozen=True)
class CapturePlan:
    """Which process captures, and when it is given up.

    Attributes:
        description: what it listens to, as it may be shown.
        module: the program; it is given `arguments`, and then the number of the pipe that it writes to.
        arguments: of the program; everybody on this machine may read them.
        secret: what nobody else may read; given to it on its standard input.
        dead_after_seconds: so long without a block mean that the stream is dead.
        open_seconds: so long may it take until the first sound.
        longest_pause_seconds: between two attempts.
    """

    description: str
    module: str
    arguments: tuple[str, ...] = ()
    secret: str = ""
    dead_after_seconds: float = DEAD_AFTER_SECONDS
    open_seconds: float = OPEN_SECONDS
    longest_pause_seconds: float = LONGEST_PAUSE_SECONDS


def device_plan(choice: DeviceChoice) -> CapturePlan:
    """For a device of this machine."""
    arguments = (choice.device, str(choice.sample_rate_hz or 0), str(choice.channels))
    return CapturePlan(choice.device, "tears.recorder.capture.microphone.device_program", arguments)


class CaptureProcess:
    """One life of the capturing process, from its start to `kill()`."""

    def __init__(self, plan: CapturePlan, *, shows_errors: bool = False) -> None:
        """Starts it.

        Args:
            plan: which one.
            shows_errors: lets it write to our standard error. ALSA complains there of every device that it tries.
        """
        self._frames: deque[SoundFormat | RawBlock | Fault] = deque()
        self._reader = FrameReader()
        self._pipe, theirs = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", plan.module, *plan.arguments, str(theirs)],
                pass_fds=[theirs],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=None if shows_errors else subprocess.DEVNULL,
                # Ctrl-C is for the recorder alone: it ends the session in order.
                start_new_session=True,
            )
        except OSError:
            os.close(self._pipe)
            raise
        finally:
            os.close(theirs)
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        # It never waits: so little fits into any pipe. One that has died already is noticed where it should speak.
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(plan.secret.encode())

    def next(self, timeout_seconds: float) -> SoundFormat | RawBlock | Fault | None:
        """What it says next; None if it says nothing for so long.

        Raises:
            CaptureError: it has ended without a word, or talks nonsense.
        """
        if not self._frames and select.select([self._pipe], [], [], timeout_seconds)[0]:
            received = os.read(self._pipe, READ_BYTES)
            if not received:
                raise CaptureError(f"the capturing process has ended with status {self._process.wait()}")
            self._frames.extend(self._reader.feed(received))
        return self._frames.popleft() if self._frames else None

    def kill(self) -> None:
        """Ends it, in whatever it hangs."""
        self._process.kill()
        # In the kernel for good, with a broken driver: leave it there rather than hang as well.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=DEAD_AFTER_SECONDS)
        os.close(self._pipe)


class MicrophoneSession:
    """One session of a device; see `Source`. Ends when the stream is dead, with a `fault`, or soon after the stop."""

    is_live = True

    def __init__(
        self,
        process: CaptureProcess,
        sound: SoundFormat,
        dead_after_seconds: float,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self.description = sound.device
        self.sample_rate_hz = sound.sample_rate_hz
        self.channels = sound.channels
        self.fault = ""
        self.lost_samples = 0
        self.overflows = 0
        self._process = process
        self._dead_after_seconds = dead_after_seconds
        self._clock = clock
        self._stop = stop

    def blocks(self) -> Iterator[Block]:
        """See `Source`."""
        heard_at_seconds = self._clock.monotonic_seconds()
        while not self._stop.is_set():
            try:
                frame = self._process.next(LOOK_SECONDS)
            except CaptureError as error:
                self.fault = str(error)
                return
            now = self._clock.monotonic_seconds()
            if isinstance(frame, RawBlock):
                heard_at_seconds = now
                self.lost_samples, self.overflows = frame.lost_samples, frame.overflows
                yield int16_from_int32(np.frombuffer(frame.pcm, np.int32)).reshape(-1, self.channels)
            elif isinstance(frame, Fault):
                self.fault = frame.reason
                return
            elif now - heard_at_seconds >= self._dead_after_seconds:
                self.fault = f"{self.description} has given no sound for {now - heard_at_seconds:.1f} s"
                return

    def close(self) -> None:
        """See `Source`; the process is killed by whoever started it."""


class Microphone:
    """A device by its name, or a stream by its URL; see `Listener`."""

    is_live = True
    is_endless = True

    def __init__(self, plan: CapturePlan, vigil: Vigil, clock: Clock, stop: threading.Event) -> None:
        """Touches nothing yet.

        Args:
            plan: what to capture, and how.
            vigil: told of what is lost and found.
            clock: for deadlines and pauses.
            stop: ends it.
        """
        self.description = plan.description
        self._plan = plan
        self._vigil = vigil
        self._clock = clock
        self._stop = stop
        self._backoff = Backoff(longest_seconds=plan.longest_pause_seconds)

    def sessions(self) -> Generator[MicrophoneSession, None, None]:
        """See `Listener`.

        Raises:
            SourceError: nothing can be captured here at all.
        """
        while not self._stop.is_set():
            process = CaptureProcess(self._plan, shows_errors=logger.isEnabledFor(logging.DEBUG))
            try:
                session = self._open(process)
                if session is not None:
                    begun_at_seconds = self._clock.monotonic_seconds()
                    yield session
                    if session.fault:
                        self._vigil.stalled(session.fault)
                    if self._clock.monotonic_seconds() - begun_at_seconds >= GOOD_SECONDS:
                        self._backoff.reset()
            except DeviceAbsentError as error:
                self._vigil.absent(str(error))
            except CaptureError as error:
                self._vigil.stalled(str(error))
            finally:
                process.kill()
            self._clock.wait(self._stop, self._backoff.next_seconds())

    def close(self) -> None:
        """See `Listener`."""

    def _open(self, process: CaptureProcess) -> MicrophoneSession | None:
        """Blocks until the device gives sound, or the stop; None for the stop."""
        since_seconds = self._clock.monotonic_seconds()
        while not self._stop.is_set():
            frame = process.next(LOOK_SECONDS)
            if isinstance(frame, SoundFormat):
                if frame.note:
                    logger.warning("%s", frame.note)
                return MicrophoneSession(process, frame, self._plan.dead_after_seconds, self._clock, self._stop)
            if isinstance(frame, Fault):
                raise _error(frame)
            if self._clock.monotonic_seconds() - since_seconds >= self._plan.open_seconds:
                raise CaptureError(f"{self.description} could not be opened within {self._plan.open_seconds:.0f} s")
        return None


def _error(fault: Fault) -> CaptureError | SourceError:
    if fault.kind == ABSENT:
        return DeviceAbsentError(fault.reason)
    return SourceError(fault.reason) if fault.kind == UNUSABLE else CaptureError(fault.reason)
