"""The thread that listens: sound in, chunks into the outbox, and nothing that waits for Redis on live sound."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

import msgspec

from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk
from tears.recorder.capture.chunker import Chunker
from tears.recorder.capture.mic_supervisor import Vigil
from tears.recorder.capture.source import Listener, Source
from tears.recorder.errors import RecorderError
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.registration import Registration
from tears.recorder.publish.shared_spool import Outbox

logger = logging.getLogger(__name__)


def new_session() -> str:
    """Unlike any other, on any machine."""
    return secrets.token_hex(6)


@dataclass(frozen=True)
class Cut:
    """How sound is cut and kept."""

    chunk_seconds: float
    spool_seconds: float


class Capture:
    """Reads a listener's sessions to their end, or until `stop`, and then ends the last one.

    A session that breaks off does not say that it ends, since the next one takes its place: whoever follows bridges it.
    """

    def __init__(
        self,
        listener: Listener,
        cut: Cut,
        outbox: Outbox,
        registration: Registration,
        vigil: Vigil | None,
        metrics: RecorderMetrics,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        """Wires; reads nothing yet.

        Args:
            listener: what to read.
            cut: how.
            outbox: where the chunks go.
            registration: told of each session; it names the first.
            vigil: watches over what is heard; None for a recording, which may be as silent as it likes.
            metrics: what to count.
            clock: for times of capture.
            stop: ends it.
        """
        self._listener = listener
        self._cut = cut
        self._outbox = outbox
        self._registration = registration
        self._vigil = vigil
        self._metrics = metrics
        self._clock = clock
        self._stop = stop
        self._chunker: Chunker | None = None

    def start(self) -> threading.Thread:
        """Runs in a thread of its own, which ends soon after the sound, or after `stop`."""
        # A daemon: whatever goes wrong with publishing must not leave a process that listens to no end.
        thread = threading.Thread(target=self.run, name="capture", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Blocks until the sound has ended, or `stop`. Whatever goes wrong is left in the outbox."""
        error: Exception | None = None
        try:
            with closing(self._listener.sessions()) as sessions:
                for source in sessions:
                    self._begin(source)
                    self._listen(source)
                    if self._stop.is_set():
                        break
        except RecorderError as fault:
            error = fault  # said by whoever ends the service with it
        except Exception as fault:  # the edge of the thread: the publisher ends the service with it
            logger.exception("the sound of %s has broken off", self._listener.description)
            error = fault
        # In any case, so that nobody downstream waits for more of this session.
        if self._chunker is not None:
            self._put([self._chunker.finish(self._clock.wall_seconds())])
        self._outbox.close(error)

    def _begin(self, source: Source) -> None:
        last = self._registration.record
        record = msgspec.structs.replace(
            last,
            # Whoever looks has been told the first one's name already.
            session=last.session if self._chunker is None else new_session(),
            device=source.description,
            sample_rate_hz=source.sample_rate_hz,
            channels=source.channels,
        )
        logger.info(
            "session %s: listening to %s, %d Hz, %d channels",
            record.session,
            source.description,
            source.sample_rate_hz,
            source.channels,
        )
        self._outbox.resize(int(self._cut.spool_seconds * source.sample_rate_hz))
        self._chunker = Chunker(record, self._cut.chunk_seconds)
        self._registration.begin(record)
        if self._vigil is not None:
            self._vigil.begin(source.description)

    def _listen(self, source: Source) -> None:
        assert self._chunker is not None  # noqa: S101 - for the type checker
        for block in source.blocks():
            now = self._clock.wall_seconds()
            if source.overflows:
                self._note_loss(source)
                self._put(self._chunker.skip(source.lost_samples, now - len(block) / source.sample_rate_hz))
            self._put(self._chunker.add(block, now))
            if self._stop.is_set():
                return
        if self._stop.is_set():
            return
        if self._listener.is_endless:
            logger.warning("%s; looking for it again", source.fault)
            self._put(self._chunker.flush(self._clock.wall_seconds()))
        elif source.fault:
            self._metrics.faulty_sources.inc()
            logger.warning("%s %s; it was played up to there", source.description, source.fault)

    def _note_loss(self, source: Source) -> None:
        logger.warning("%d samples of %s were lost: an overflow", source.lost_samples, source.description)
        if self._vigil is not None:
            self._vigil.lost(source.lost_samples, source.overflows)

    def _put(self, chunks: Iterable[AudioChunk]) -> None:
        for chunk in chunks:
            if self._listener.is_live:
                dropped_samples = self._outbox.put(chunk)
            else:
                dropped_samples = self._outbox.put_when_sent(chunk, self._stop)
            self._metrics.dropped_samples.inc(dropped_samples)
            if self._vigil is not None:
                self._vigil.heard(chunk)
