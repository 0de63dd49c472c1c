"""The thread that captures: sound in, chunks into the spool. Live sound never waits for Redis here."""

import logging
import secrets
import threading
from collections.abc import Iterable
from contextlib import closing

import msgspec

from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk
from tears.recorder.capture.chunker import Chunker
from tears.recorder.capture.mic_supervisor import MicSupervisor
from tears.recorder.capture.source import Listener, Source
from tears.recorder.errors import RecorderError
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.registration import Registration
from tears.recorder.publish.shared_spool import SharedSpool

logger = logging.getLogger(__name__)


def new_session() -> str:
    """Return a session id that no other session has, on any machine."""
    return secrets.token_hex(6)


class CaptureThread(threading.Thread):
    """Read a listener's sessions to their end, or until `stop`, and then end the last one.

    A session that breaks off gets no end, because another session continues it: the next services bridge the break. The
    chunks go into the spool, and each session into the registration, which already names the first. A recording has no
    supervisor, because it may be silent.
    """

    def __init__(
        self,
        *,
        listener: Listener,
        chunk_seconds: float,
        spool: SharedSpool,
        registration: Registration,
        supervisor: MicSupervisor | None,
        metrics: RecorderMetrics,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        # A daemon: if publishing fails for any reason, no process that captures forever must remain.
        super().__init__(name="capture", daemon=True)
        self._listener = listener
        self._chunk_seconds = chunk_seconds
        self._spool = spool
        self._registration = registration
        self._supervisor = supervisor
        self._metrics = metrics
        self._clock = clock
        self._stop_event = stop
        self._chunker: Chunker | None = None

    def run(self) -> None:
        """Block until the sound has ended, or `stop`; close the spool then, with the error if there was one."""
        error: RecorderError | None = None
        description = self._listener.description
        try:
            with closing(self._listener.sessions()) as sessions:
                for source in sessions:
                    self._read(source, self._begin_session(source))
                    if self._stop_event.is_set():
                        break
        except Exception as fault:  # the edge of the thread: the service ends with the error
            if not isinstance(fault, RecorderError):
                logger.exception("the sound of %s has broken off", description)
            error = RecorderError(f"the sound of {description} has broken off: {fault}")
            error.__cause__ = fault
        # In any case, so that no later service waits for more of this session.
        if self._chunker is not None:
            self._put([self._chunker.finish(self._clock.wall_seconds())])
        self._spool.close(error)

    def _begin_session(self, source: Source) -> Chunker:
        last = self._registration.record
        record = msgspec.structs.replace(
            last,
            # The registry has already announced the name of the first session.
            session=last.session if self._chunker is None else new_session(),
            device=source.description,
            sample_rate_hz=source.sample_rate_hz,
            channels=source.channels,
        )
        sound = (source.description, source.sample_rate_hz, source.channels)
        logger.info("session %s: listening to %s, %d Hz, %d channels", record.session, *sound)
        self._spool.begin_session(source.sample_rate_hz)
        self._chunker = Chunker(
            mic=record.mic,
            session=record.session,
            sample_rate_hz=source.sample_rate_hz,
            channels=source.channels,
            chunk_seconds=self._chunk_seconds,
        )
        self._registration.begin_session(record)
        if self._supervisor is not None:
            self._supervisor.begin_session(source.description)
        return self._chunker

    def _read(self, source: Source, chunker: Chunker) -> None:
        for block in source.blocks():
            now = self._clock.wall_seconds()
            if source.overflows:
                logger.warning("%d samples of %s were lost by an overflow", source.lost_samples, source.description)
                if self._supervisor is not None:
                    self._supervisor.note_lost_samples(source.lost_samples, source.overflows)
                self._put(chunker.skip(source.lost_samples, now - len(block) / source.sample_rate_hz))
            self._put(chunker.add(block, now))
            if self._stop_event.is_set():
                return
        if self._stop_event.is_set():
            return
        if self._supervisor is not None:
            # Another session follows.
            logger.warning("%s; the recorder looks for it again", source.fault)
            self._put(chunker.flush(self._clock.wall_seconds()))
        elif source.fault:
            self._metrics.faulty_sources.inc()
            logger.warning("%s %s; it was played up to there", source.description, source.fault)

    def _put(self, chunks: Iterable[AudioChunk]) -> None:
        for chunk in chunks:
            if not self._listener.is_live:
                self._spool.wait_until_sent(self._stop_event)
            self._metrics.dropped_samples.inc(self._spool.put(chunk))
            if self._supervisor is not None:
                self._supervisor.note_chunk(chunk)
