"""The loop that brings the spool's chunks into the stream, and survives everything around it."""

from __future__ import annotations

import dataclasses
import logging
import threading

import msgspec
import redis
from redis.exceptions import OutOfMemoryError

from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.errors import MicTakenError
from tears.kit.health import Health
from tears.kit.messages import AudioChunk
from tears.kit.redis_client import why
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.recorder.errors import StreamMovedError
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.chunk_stream import NO_ENTRY, ChunkStream
from tears.recorder.publish.registration import Registration
from tears.recorder.publish.shared_spool import Outbox

logger = logging.getLogger(__name__)

# How long a stop waits for a Redis that does not take anything.
DRAIN_SECONDS = 5.0
# How often it tries meanwhile.
DRAIN_RETRY_SECONDS = 0.25
# How often a full pipeline is looked at again.
PAUSE_SECONDS = 0.02

# What the probes and the log call the two things that can be wrong.
REDIS = "redis"
NAME = "microphone name"


class Publisher:
    """Publishes one session after another, in order and each chunk once, as far as Redis and the spool remember.

    A call that failed may still have been carried out: after each failure the stream is asked how far it has come.
    """

    def __init__(
        self,
        *,
        outbox: Outbox,
        stream: ChunkStream,
        registration: Registration,
        renew_seconds: float,
        lag_chunks: int | None,
        metrics: RecorderMetrics,
        health: Health,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        """Wires; touches nothing yet.

        Args:
            outbox: what to publish.
            stream: where to.
            registration: what the registry is to say; the heartbeat is filled in here, and how it ended.
            renew_seconds: the lease is renewed this often at least.
            lag_chunks: waits while the preprocessor has this many unfinished; None (a live source): never waits.
            metrics: what to count.
            health: told of progress, of `redis`, and of the `microphone name`.
            clock: for waits and heartbeats.
            stop: drains: publishes what is left, in bounded time.
        """
        self._outbox = outbox
        self._stream = stream
        self._registration = registration
        self._renew_seconds = renew_seconds
        self._lag_chunks = lag_chunks
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        self._never = threading.Event()
        self._backoff = Backoff()
        self._renew_at_seconds = float("-inf")
        self._last_id = NO_ENTRY
        self._has_tried = False
        self._is_in_doubt = True
        self._is_full = False
        self._is_trimming_unread = False
        # Chunks that may be published before the preprocessor's backlog is looked at again.
        self._allowance = 0
        self._faults_logged: set[str] = set()
        self._drain_fails_since_seconds: float | None = None

    def run(self) -> None:
        """Blocks until everything is published and the lease given back; or until a stop has waited long enough."""
        while True:
            self._health.beat()
            try:
                is_done = self._turn()
            except MicTakenError as error:
                self._metrics.name_conflicts.inc()
                # The stream may be another's by now.
                self._is_in_doubt = True
                self._health.answered(REDIS)
                self._fail(NAME, str(error))
            except StreamMovedError as error:
                logger.warning("%s: was Redis wiped, or restored from an older copy?", error)
                self._is_in_doubt = True
            except OutOfMemoryError as error:
                self._metrics.redis_failures.inc()
                self._metrics.redis_full.inc()
                self._is_full = True
                self._fail(
                    REDIS,
                    f"its memory is full ({error}); raise its maxmemory, lower TEARS_RECORDER_STREAM_SECONDS, "
                    "or see why the preprocessor does not follow",
                )
            except redis.RedisError as error:
                # Whatever it is, a microphone does not stop for it.
                self._metrics.redis_failures.inc()
                self._is_in_doubt = True
                self._fail(REDIS, why(error))
            else:
                self._succeed()
                if is_done:
                    return
            if self._is_out_of_time():
                self._give_up()
                return

    def _turn(self) -> bool:
        """One step; returns whether it was the last. Raises whatever stood in its way."""
        if self._is_full:
            self._metrics.shed_chunks.inc(self._stream.shed())
        self._renew_lease()
        if self._is_in_doubt:
            self._settle_doubt()
        is_closed = self._outbox.is_closed
        chunk = self._outbox.next()
        if chunk is not None:
            if self._has_leave():
                self._publish(chunk)
            else:
                self._pause(PAUSE_SECONDS)
        elif is_closed:
            self._stream.leave(self._record_now(MicState.STOPPED if self._stop.is_set() else MicState.ENDED))
            return True
        else:
            self._outbox.wait_for_more(self._renew_seconds)
        return False

    def _publish(self, chunk: AudioChunk) -> None:
        if self._lag_chunks is not None:
            # Nobody waited for this sound when it was captured: lag is counted from here.
            chunk_now = dataclasses.replace(chunk, captured_at_seconds=self._clock.wall_seconds())
        else:
            chunk_now = chunk
        self._has_tried = True
        with self._metrics.publish_seconds.time():
            published = self._stream.publish(chunk_now, self._record_now(), self._last_id)
        self._last_id = published.entry_id
        self._is_full = False
        self._allowance -= 1
        self._renew_at_seconds = self._clock.monotonic_seconds() + self._renew_seconds
        self._metrics.chunks.inc()
        self._metrics.samples.inc(chunk.samples)
        if self._outbox.sent(chunk):
            self._metrics.resent_chunks.inc()
        self._metrics.trimmed_unread_chunks.inc(published.trimmed_unread)
        if published.trimmed_unread and not self._is_trimming_unread:
            logger.warning("chunks are trimmed before the preprocessor draws them; does it run, and does it follow?")
        self._is_trimming_unread = published.trimmed_unread > 0

    def _settle_doubt(self) -> None:
        """Asks the stream how far it has come, and goes on from there."""
        newest = None
        if self._has_tried:
            self._last_id, newest = self._stream.newest(*self._outbox.sessions())
        else:
            self._last_id = self._stream.last_id()
        if newest is None:
            self._outbox.rewind()
        else:
            self._outbox.resume_after(newest.session, newest.end_sample, ended=newest.ends_session)
        self._is_in_doubt = False
        self._allowance = 0

    def _renew_lease(self) -> None:
        now = self._clock.monotonic_seconds()
        if now >= self._renew_at_seconds:
            self._stream.announce(self._record_now())
            self._renew_at_seconds = now + self._renew_seconds

    def _has_leave(self) -> bool:
        """Whether the preprocessor follows; asked as seldom as can be."""
        if self._lag_chunks is None or self._stop.is_set():
            return True
        if self._allowance <= 0:
            self._allowance = self._lag_chunks - self._stream.unfinished()
        return self._allowance > 0

    def _record_now(self, ended_as: MicState | None = None) -> MicRecord:
        record = self._registration.record
        state = ended_as.value if ended_as else record.state
        return msgspec.structs.replace(record, heartbeat_seconds=self._clock.wall_seconds(), state=state)

    def _fail(self, what: str, reason: str) -> None:
        """Says it once, and waits."""
        self._health.failed(what, reason)
        if what not in self._faults_logged:
            self._faults_logged.add(what)
            logger.warning("%s: %s; the sound is kept in memory meanwhile", what, reason)
        # The lease may have ended meanwhile: the next turn begins with it.
        self._renew_at_seconds = float("-inf")
        if self._stop.is_set() and self._drain_fails_since_seconds is None:
            self._drain_fails_since_seconds = self._clock.monotonic_seconds()
        # Not longer than a lease is renewed, so that a name that comes free is soon taken.
        self._pause(min(self._backoff.next_seconds(), self._renew_seconds))

    def _succeed(self) -> None:
        self._health.answered(REDIS)
        self._health.answered(NAME)
        self._drain_fails_since_seconds = None
        self._backoff.reset()
        if self._faults_logged:
            logger.info(
                "all is well again with the %s; %.1f s of sound to send",
                " and the ".join(sorted(self._faults_logged)),
                self._outbox.unsent_seconds(),
            )
            self._faults_logged.clear()

    def _pause(self, seconds: float) -> None:
        if self._stop.is_set():
            self._clock.wait(self._never, min(seconds, DRAIN_RETRY_SECONDS))
        else:
            self._clock.wait(self._stop, seconds)

    def _is_out_of_time(self) -> bool:
        since_seconds = self._drain_fails_since_seconds
        return since_seconds is not None and self._clock.monotonic_seconds() - since_seconds >= DRAIN_SECONDS

    def _give_up(self) -> None:
        lost_samples = self._outbox.unsent_samples()
        self._metrics.dropped_samples.inc(lost_samples)
        logger.error("stopping with %d samples (%.1f s) lost", lost_samples, self._outbox.unsent_seconds())
