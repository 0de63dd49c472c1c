"""The loop that publishes the spool's chunks, and that survives every fault around it."""

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
from tears.kit.redis_client import is_away, why
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.recorder.errors import StreamMovedError
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.chunk_stream import NO_ENTRY, ChunkStream
from tears.recorder.publish.registration import Registration
from tears.recorder.publish.shared_spool import SharedSpool

logger = logging.getLogger(__name__)

# How long a stop waits for a Redis that accepts nothing, and how often it tries.
RECORDER_DRAIN_SECONDS = 5.0
DRAIN_RETRY_SECONDS = 0.25
# How often a fast recording looks again whether the preprocessor follows.
LAG_CHECK_SECONDS = 0.02

# How often it looks how much memory Redis has left.
MEMORY_LOOK_SECONDS = 5.0

# The names of the two things that can be wrong, in the probes and in the log.
REDIS = "redis"
MIC_NAME = "microphone name"


class Publisher:
    """Publish one session after another, in order and each chunk once, as far as Redis and the spool remember.

    A call that failed may still take effect, so the publisher asks the stream after each failure how far it has come. A
    fast recording waits while the preprocessor has `lag_chunks` unfinished chunks; live sound has None and never waits.
    The publisher adds the heartbeat to the record for the registry, and how the sound ended. After `stop` it sends what
    is left, in limited time.
    """

    def __init__(
        self,
        *,
        spool: SharedSpool,
        stream: ChunkStream,
        registration: Registration,
        lag_chunks: int | None,
        metrics: RecorderMetrics,
        health: Health,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._spool = spool
        self._stream = stream
        self._registration = registration
        self._renew_seconds = stream.renew_seconds
        self._lag_chunks = lag_chunks
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        self._backoff = Backoff()
        self._renew_at_seconds = float("-inf")
        self._last_id = NO_ENTRY
        self._has_tried = False
        self._make_room_at_seconds = float("-inf")
        self._is_in_doubt = True
        self._is_redis_full = False
        self._is_trimming_unread = False
        # How many chunks may be published before the next look at the preprocessor's backlog.
        self._allowance = 0
        # How many chunks may be published before the next look at what the stream would lose.
        self._room = 0
        self._faults_logged: set[str] = set()
        self._drain_fails_since_seconds: float | None = None

    def run(self) -> None:
        """Block until everything is published and the lease given back, or until a stop has waited long enough."""
        while True:
            self._health.beat()
            try:
                is_done = self._take_step()
            except MicTakenError as error:
                self._metrics.name_conflicts.inc()
                # By now another recorder may have written the stream.
                self._is_in_doubt = True
                self._health.answered(REDIS)
                self._fail(MIC_NAME, str(error))
            except StreamMovedError as error:
                logger.warning("%s: was Redis wiped, or restored from an older copy?", error)
                self._is_in_doubt = True
            except OutOfMemoryError as error:
                self._metrics.redis_failures.inc()
                self._metrics.redis_full.inc()
                self._is_redis_full = True
                self._fail(
                    REDIS,
                    f"its memory is full ({error}); raise its maxmemory, lower TEARS_RECORDER_STREAM_SECONDS, "
                    "or find out why the preprocessor does not follow",
                )
            except redis.RedisError as error:
                # No fault of Redis stops the capture.
                self._metrics.redis_failures.inc()
                self._is_in_doubt = True
                self._fail(REDIS, why(error), is_starting=is_away(error) and self._health.is_starting(REDIS))
            else:
                self._succeed()
                if is_done:
                    return
            if self._is_out_of_time():
                self._give_up()
                return

    def _take_step(self) -> bool:
        """Publish a chunk, or wait for one; return whether all is published. Raise what `ChunkStream` raises."""
        if self._is_redis_full:
            self._metrics.shed_chunks.inc(self._stream.trim_finished())
        self._make_room()
        self._renew_lease()
        if self._is_in_doubt:
            self._settle_doubt()
        is_closed = self._spool.is_closed
        with self._spool.locked() as spool:
            chunk = spool.next()
        if chunk is not None:
            if self._may_publish():
                self._publish(chunk)
            else:
                self._pause(LAG_CHECK_SECONDS)
        elif is_closed:
            self._stream.leave(self._record_now(MicState.STOPPED if self._stop.is_set() else MicState.ENDED))
            return True
        else:
            self._spool.wait_for_more(self._renew_seconds)
        return False

    def _publish(self, chunk: AudioChunk) -> None:
        stamped = chunk
        if self._lag_chunks is not None:
            # A fast recording waits for the pipeline, so the lag begins when its chunk is published.
            stamped = dataclasses.replace(chunk, captured_at_seconds=self._clock.wall_seconds(), source_waits=True)
        self._has_tried = True
        with self._metrics.publish_seconds.time():
            published = self._stream.publish(stamped, self._record_now(), self._last_id)
        self._last_id = published.entry_id
        self._is_redis_full = False
        self._allowance -= 1
        self._room -= 1
        self._renew_at_seconds = self._clock.monotonic_seconds() + self._renew_seconds
        self._metrics.chunks.inc()
        self._metrics.samples.inc(chunk.samples)
        with self._spool.locked() as spool:
            self._metrics.resent_chunks.inc(spool.sent(chunk))
        self._metrics.trimmed_unread_chunks.inc(published.trimmed_unread)
        if published.trimmed_unread and not self._is_trimming_unread:
            logger.warning("chunks are trimmed before the preprocessor has read them; check that it runs and keeps up")
        self._is_trimming_unread = published.trimmed_unread > 0

    def _settle_doubt(self) -> None:
        """Ask the stream how far it has come, and continue from there."""
        with self._spool.locked() as spool:
            sessions = spool.sessions if self._has_tried else ()
        self._last_id, newest = self._stream.newest(*sessions)
        with self._spool.locked() as spool:
            if newest is None:
                spool.rewind()
            elif self._lag_chunks is None and not spool.has_made(
                newest.session, newest.end_sample, ended=newest.ends_session
            ):
                # Live sound has a session of its own. To believe that chunk would mean to send nothing more.
                logger.warning(
                    "the stream has a chunk of session %s up to sample %d that this recorder never made; it goes on",
                    newest.session,
                    newest.end_sample,
                )
            else:
                spool.resume_after(newest.session, newest.end_sample, ended=newest.ends_session)
        self._is_in_doubt = False
        self._allowance = self._room = 0

    def _renew_lease(self) -> None:
        now = self._clock.monotonic_seconds()
        if now >= self._renew_at_seconds:
            self._stream.announce(self._record_now())
            self._renew_at_seconds = now + self._renew_seconds

    def _make_room(self) -> None:
        now = self._clock.monotonic_seconds()
        if now < self._make_room_at_seconds:
            return
        self._make_room_at_seconds = now + MEMORY_LOOK_SECONDS
        try:
            self._metrics.shed_chunks.inc(self._stream.make_room())
        except redis.ResponseError as error:
            # Sound goes on without it. A Redis that is away is seen by the calls that need it.
            logger.debug("the memory of Redis cannot be looked at: %s", error)

    def _may_publish(self) -> bool:
        """Return whether the preprocessor follows; ask Redis as rarely as possible.

        It does not if a single chunk is left behind, because its consumer has died, while the others go on: the stream
        must not be trimmed up to that chunk, or its window would never be made.
        """
        if self._lag_chunks is None or self._stop.is_set():
            return True
        if self._allowance <= 0:
            self._allowance = self._lag_chunks - self._stream.unfinished()
        if self._allowance > 0 and self._room <= 0:
            self._room = self._stream.room(most=self._lag_chunks)
        return min(self._allowance, self._room) > 0

    def _record_now(self, ended_as: MicState | None = None) -> MicRecord:
        record = self._registration.record
        now = self._clock.wall_seconds()
        return msgspec.structs.replace(record, heartbeat_seconds=now, state=ended_as or record.state)

    def _fail(self, what: str, reason: str, *, is_starting: bool = False) -> None:
        """Log a fault once, unless it may be a dependency that is starting; wait before the next attempt."""
        self._health.failed(what, reason)
        if what not in self._faults_logged and not is_starting:
            self._faults_logged.add(what)
            logger.warning("%s: %s; the recorder keeps the sound in memory meanwhile", what, reason)
        # The lease may have ended: the next step renews it first.
        self._renew_at_seconds = float("-inf")
        if self._stop.is_set() and self._drain_fails_since_seconds is None:
            self._drain_fails_since_seconds = self._clock.monotonic_seconds()
        # Not longer than the time between renewals, so that a name that becomes free is soon taken.
        self._pause(min(self._backoff.next_seconds(), self._renew_seconds))

    def _succeed(self) -> None:
        self._health.answered(REDIS)
        self._health.answered(MIC_NAME)
        self._drain_fails_since_seconds = None
        self._backoff.reset()
        if self._faults_logged:
            logger.info(
                "recovered: %s; %.1f s of sound to send",
                ", ".join(sorted(self._faults_logged)),
                self._spool.unsent_seconds(),
            )
            self._faults_logged.clear()

    def _pause(self, seconds: float) -> None:
        if self._stop.is_set():
            self._clock.wait(threading.Event(), min(seconds, DRAIN_RETRY_SECONDS))
        else:
            self._clock.wait(self._stop, seconds)

    def _is_out_of_time(self) -> bool:
        since_seconds = self._drain_fails_since_seconds
        return since_seconds is not None and self._clock.monotonic_seconds() - since_seconds >= RECORDER_DRAIN_SECONDS

    def _give_up(self) -> None:
        with self._spool.locked() as spool:
            lost_samples, lost_seconds = spool.unsent_samples, spool.unsent_seconds
        self._metrics.dropped_samples.inc(lost_samples)
        logger.error("stopping; %d samples (%.1f s) are lost", lost_samples, lost_seconds)
