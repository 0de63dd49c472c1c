"""The thread that listens: source in, chunks into the outbox, and nothing that waits for Redis on a live source."""

from __future__ import annotations

import logging
import threading

from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk
from tears.recorder.chunker import Chunker
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.outbox import Outbox
from tears.recorder.source import Source

logger = logging.getLogger(__name__)


class Capture:
    """Reads a source to its end, or until `stop`, and then ends the session."""

    def __init__(
        self,
        source: Source,
        chunker: Chunker,
        outbox: Outbox,
        metrics: RecorderMetrics,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._source = source
        self._chunker = chunker
        self._outbox = outbox
        self._metrics = metrics
        self._clock = clock
        self._stop = stop

    def start(self) -> threading.Thread:
        """Runs in a thread of its own, which ends soon after the sound, or after `stop`."""
        # A daemon: whatever goes wrong with publishing must not leave a process that listens to no end.
        thread = threading.Thread(target=self.run, name="capture", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Blocks until the sound has ended, or `stop`. Whatever goes wrong is left in the outbox."""
        source = self._source
        logger.info("listening to %s: %d Hz, %d channels", source.description, source.sample_rate_hz, source.channels)
        error: Exception | None = None
        try:
            self._listen()
        except Exception as fault:  # the edge of the thread: the publisher ends the service with it
            logger.exception("the sound of %s has broken off", self._source.description)
            error = fault
        # In any case, so that nobody downstream waits for more of this session.
        self._put(self._chunker.finish(self._clock.wall_seconds()))
        self._outbox.close(error)

    def _listen(self) -> None:
        for block in self._source.blocks():
            for chunk in self._chunker.add(block, self._clock.wall_seconds()):
                self._put(chunk)
            if self._stop.is_set():
                return
        if self._source.fault:
            self._metrics.faulty_sources.inc()
            logger.warning("%s %s; it was played up to there", self._source.description, self._source.fault)

    def _put(self, chunk: AudioChunk) -> None:
        if self._source.is_live:
            dropped_samples = self._outbox.put(chunk)
        else:
            dropped_samples = self._outbox.put_when_sent(chunk, self._stop)
        self._metrics.dropped_samples.inc(dropped_samples)
