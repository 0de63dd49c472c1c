"""Play a recording in real time."""

import threading
from collections.abc import Iterator

from tears.kit.clock import Clock
from tears.recorder.capture.source import Block, Source


class PacedSource:
    """A `Source` that gives each block of another source when its last sample is due, as a microphone does.

    Due times follow from the position in the sound, so delays do not add up.
    """

    lost_samples = 0
    overflows = 0

    def __init__(self, source: Source, clock: Clock, stop: threading.Event) -> None:
        self._source = source
        self._clock = clock
        self._stop = stop
        self.description = source.description
        self.sample_rate_hz = source.sample_rate_hz
        self.channels = source.channels

    @property
    def fault(self) -> str:
        """Return why the recording ended too early."""
        return self._source.fault

    def blocks(self) -> Iterator[Block]:
        """Yield each block when it is due; end soon after the stop."""
        begun_at_seconds = self._clock.monotonic_seconds()
        position = 0
        for block in self._source.blocks():
            position += len(block)
            due_at_seconds = begun_at_seconds + position / self.sample_rate_hz
            early_seconds = due_at_seconds - self._clock.monotonic_seconds()
            if self._clock.wait(self._stop, max(0.0, early_seconds)):
                return
            yield block
