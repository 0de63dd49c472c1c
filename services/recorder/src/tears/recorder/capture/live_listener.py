"""A microphone or a camera as endless sessions. A process of its own captures it, and is replaced if needed.

PortAudio raises nothing when a sound server dies or a device is unplugged, may hang forever in any call, and never sees
a device that came after it started. The decoder of a camera's stream may hang or crash. So each lives in a process that
can be killed: after some seconds without a block the stream counts as dead, and the next process looks for the device
again, by its name.
"""

import logging
import threading
from collections.abc import Generator, Iterator
from dataclasses import replace

import numpy as np

from tears.audio.format import int16_from_int32
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.registry.mic_state import MicState
from tears.recorder.capture.capture_plan import WITH_PICTURES, CapturePlan
from tears.recorder.capture.child_process.capture_process import CaptureProcess
from tears.recorder.capture.child_process.frames import Fault, RawBlock, SoundFormat
from tears.recorder.capture.mic_supervisor import MicSupervisor
from tears.recorder.capture.source import Block
from tears.recorder.errors import CaptureError, DeviceAbsentError

logger = logging.getLogger(__name__)

# After a session of this length the next attempt comes at once.
GOOD_SESSION_SECONDS = 10.0
# A stream may begin with sound that its server has kept: an HLS stream does with up to half a minute.
MOST_SECONDS_AHEAD = 60.0
# The clock of a device may be this much faster than ours, or it would be ahead too after a day or a week.
MOST_DEVICE_SPEED = 1.1
# How long a read waits for a frame. A stop is noticed at most this late.
FRAME_WAIT_SECONDS = 0.2
_TOO_FAST = (
    "{} gives its sound faster than a room makes it, so it is a recording; download it and give its path, or give the "
    "URL of a live stream"
)


class LiveSession:
    """The `Source` of one session of a device. Ends with a `fault` when the stream is dead, or soon after the stop."""

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
        """Yield the sound as it comes."""
        begun_at_seconds = last_block_at_seconds = self._clock.monotonic_seconds()
        samples = 0
        while not self._stop.is_set():
            try:
                frame = self._process.next(FRAME_WAIT_SECONDS)
            except CaptureError as error:
                self.fault = str(error)
                return
            now = self._clock.monotonic_seconds()
            if isinstance(frame, RawBlock):
                last_block_at_seconds = now
                self.lost_samples, self.overflows = frame.lost_samples, frame.overflows
                block = int16_from_int32(np.frombuffer(frame.pcm, np.int32)).reshape(-1, self.channels)
                yield block
                samples += len(block)
                live_seconds = MOST_DEVICE_SPEED * (now - begun_at_seconds)
                if samples / self.sample_rate_hz - live_seconds > MOST_SECONDS_AHEAD:
                    self.fault = _TOO_FAST.format(self.description)
                    return
            elif isinstance(frame, Fault):
                self.fault = frame.reason
                return
            elif now - last_block_at_seconds >= self._dead_after_seconds:
                self.fault = f"{self.description} has given no sound for {now - last_block_at_seconds:.1f} s"
                return


class LiveListener:
    """The `Listener` of a device by its name, or of a stream by its URL. It reports broken captures to `supervisor`."""

    is_live = True

    def __init__(self, plan: CapturePlan, supervisor: MicSupervisor, clock: Clock, stop: threading.Event) -> None:
        self.description = plan.description
        self._plan = plan
        self._supervisor = supervisor
        self._clock = clock
        self._stop = stop
        self._backoff = Backoff(longest_seconds=plan.longest_pause_seconds)

    def sessions(self) -> Generator[LiveSession, None, None]:
        """Yield a session after each attempt that found sound.

        Raises:
            SourceError: Nothing can be captured here, and another attempt would not help.
        """
        while not self._stop.is_set():
            process = CaptureProcess(self._plan, shows_errors=logger.isEnabledFor(logging.DEBUG))
            try:
                session = self._open(process)
                if session is not None:
                    begun_at_seconds = self._clock.monotonic_seconds()
                    yield session
                    if session.fault:
                        self._supervisor.note_broken_capture(MicState.STALLED, session.fault)
                    if self._clock.monotonic_seconds() - begun_at_seconds >= GOOD_SESSION_SECONDS:
                        self._backoff.reset()
                    else:
                        self._plan = self._plan.the_other_way()
            except CaptureError as error:
                state = MicState.ABSENT if isinstance(error, DeviceAbsentError) else MicState.STALLED
                self._supervisor.note_broken_capture(state, str(error))
            finally:
                process.kill()
            self._clock.wait(self._stop, self._backoff.next_seconds())

    def _open(self, process: CaptureProcess) -> LiveSession | None:
        """Block until the device gives sound, or the stop; return None for the stop."""
        since_seconds = self._clock.monotonic_seconds()
        while not self._stop.is_set():
            frame = process.next(FRAME_WAIT_SECONDS)
            if isinstance(frame, SoundFormat):
                if frame.note:
                    logger.warning("%s", frame.note)
                if frame.with_pictures and self._plan.arguments != (WITH_PICTURES,):
                    logger.warning("%s gives its sound only together with its pictures", self.description)
                    # The sound alone has just been tried, so there is no other way.
                    self._plan = replace(self._plan, arguments=(WITH_PICTURES,), other_arguments=None)
                return LiveSession(process, frame, self._plan.dead_after_seconds, self._clock, self._stop)
            if isinstance(frame, Fault):
                raise frame.error()
            if self._clock.monotonic_seconds() - since_seconds >= self._plan.open_seconds:
                raise CaptureError(f"{self.description} could not be opened within {self._plan.open_seconds:.0f} s")
        return None
