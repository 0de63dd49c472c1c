"""Makes a recording as slow as life."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from tears.kit.clock import Clock
from tears.recorder.capture.source import Block, Source


class PacedSource:
    """Another source by the clock: a block comes when its last sample is due, as from a microphone; see `Source`.

    Due times follow from the position in the sound, so that delays do not add up.
    """

    is_live = True
    lost_samples = 0
    overflows = 0

    def __init__(self, source: Source, clock: Clock, stop: threading.Event) -> None:
        """Takes the source over.

        Args:
            source: what to slow down; closed with this.
            clock: says when.
            stop: ends the sound.
        """
        self._source = source
        self._clock = clock
        self._stop = stop
        self.description = source.description
        self.sample_rate_hz = source.sample_rate_hz
        self.channels = source.channels

    @property
    def fault(self) -> str:
        """See `Source`."""
        return self._source.fault

    def blocks(self) -> Iterator[Block]:
        """See `Source`; waits for each block's time."""
        begun_at_seconds = self._clock.monotonic_seconds()
        position = 0
        for block in self._source.blocks():
            position += len(block)
            due_at_seconds = begun_at_seconds + position / self.sample_rate_hz
            early_seconds = due_at_seconds - self._clock.monotonic_seconds()
            if self._clock.wait(self._stop, max(0.0, early_seconds)):
                return
            yield block

    def close(self) -> None:
        """See `Source`."""
        self._source.close()
