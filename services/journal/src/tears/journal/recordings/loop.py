"""The loop between the chunk streams and the folder."""

import dataclasses
import logging
import threading
from collections.abc import Sequence

import redis

from tears.journal.errors import UnwrittenError
from tears.journal.metrics import JournalMetrics, MicReport, RecordingState
from tears.journal.recordings.backlog import Backlog
from tears.journal.recordings.chunk_feed import FEED_BLOCK_SECONDS, ChunkFeed
from tears.journal.recordings.folder import RecordingFolder, StoredRecordings, disk_refusal
from tears.journal.recordings.reports import FaultLog, GrowthThrottle, counted
from tears.journal.recordings.segments import RecordedSegment, Segmenter
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.health import Health
from tears.kit.messages import AudioChunk
from tears.kit.registry.mic_names import is_folder_name

logger = logging.getLogger(__name__)

# The file of a microphone that has been silent for this long is closed, so that its sound is not only in memory.
_CLOSE_AFTER_SECONDS = 5.0
_SWEEP_SECONDS = 600.0
_LONGEST_DISK_WAIT_SECONDS = 15.0
_REDIS, _DISK = "redis", "disk"


class RecordingLoop:
    """Takes chunks from Redis and puts files into the folder; either may fail for a while."""

    def __init__(
        self,
        *,
        feed: ChunkFeed,
        folder: RecordingFolder,
        stored: StoredRecordings,
        segment_seconds: float,
        redis_at: str,
        metrics: JournalMetrics,
        health: Health,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        """Do nothing yet; `stored` is what `folder` holds at the start, and messages name Redis as `redis_at`."""
        self._feed = feed
        self._folder = folder
        self._stored = stored
        self._segment_seconds = segment_seconds
        self._redis_at = redis_at
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        self._segmenters: dict[str, Segmenter] = {}
        self._last_sound_at_seconds: dict[str, float] = {}
        self._reports: dict[str, MicReport] = {}
        self._backlog = Backlog()
        self._faults = FaultLog(health, logger)
        self._throttle = GrowthThrottle()
        self._redis_backoff = Backoff()
        self._disk_backoff = Backoff(longest_seconds=_LONGEST_DISK_WAIT_SECONDS)
        self._disk_retry_at_seconds = float("-inf")
        self._sweep_at_seconds = float("-inf")
        self._deleted_files = 0
        self._unreadable_chunks = 0

    def run(self) -> None:
        """Block until the stop; then the sound in memory becomes files, however short.

        Raises:
            UnwrittenError: The disk did not take all of it.
            FolderTakenError: The folder's disk was mounted again, and another process locked it before us.
        """
        self._log_start()
        while not self._stop.is_set():
            self._health.beat()
            for mic, chunk in self._read():
                self._take(mic, chunk)
            self._close_idle()
            self._store()
            self._sweep()
            self._report()
        for segmenter in self._segmenters.values():
            self._keep(segmenter.flush())
        # Try the disk once more, whatever it answered last.
        self._disk_retry_at_seconds = float("-inf")
        self._store()
        self._report()
        self._log_end()

    def _read(self) -> list[tuple[str, AudioChunk]]:
        try:
            found = self._feed.read()
        except redis.RedisError as error:
            self._metrics.redis_failures.inc()
            self._faults.begin(_REDIS, f"Redis at {self._redis_at} does not answer ({error}); waiting for it")
            self._feed.restart()
            self._clock.wait(self._stop, self._redis_backoff.next_seconds())
            return []
        self._faults.end(_REDIS, "Redis is back")
        self._redis_backoff.reset()
        for mic in self._feed.mics:
            self._follow(mic)
        if not self._feed.mics:
            self._clock.wait(self._stop, FEED_BLOCK_SECONDS)
        return found

    def _follow(self, mic: str) -> None:
        if mic in self._reports:
            return
        self._reports[mic] = MicReport()
        if is_folder_name(mic):
            self._segmenters[mic] = Segmenter(mic, self._segment_seconds, self._stored.reached.get(mic, {}))
            logger.info("following %s", mic)
        else:
            self._reports[mic].state = RecordingState.BAD_NAME
            logger.warning("%r cannot be recorded: no folder can have that name; rename it", mic)

    def _take(self, mic: str, chunk: AudioChunk) -> None:
        if segmenter := self._segmenters.get(mic):
            self._last_sound_at_seconds[mic] = self._clock.monotonic_seconds()
            self._keep(segmenter.add(chunk))

    def _close_idle(self) -> None:
        now = self._clock.monotonic_seconds()
        for mic, at_seconds in list(self._last_sound_at_seconds.items()):
            if now - at_seconds >= _CLOSE_AFTER_SECONDS:
                self._keep(self._segmenters[mic].flush())
                del self._last_sound_at_seconds[mic]

    def _keep(self, segments: Sequence[RecordedSegment]) -> None:
        for segment in segments:
            for dropped in self._backlog.add(segment):
                self._reports[dropped.mic].dropped_seconds += dropped.seconds
            # At once, and not only at the next turn: the sound of many files may come together.
            self._store()

    def _store(self) -> None:
        while self._backlog and self._clock.monotonic_seconds() >= self._disk_retry_at_seconds:
            segment = self._backlog.oldest()
            try:
                size_bytes, deleted_files = self._folder.write(segment)
            except OSError as error:
                self._metrics.disk_failures.inc()
                self._disk_retry_at_seconds = self._clock.monotonic_seconds() + self._disk_backoff.next_seconds()
                self._faults.begin(
                    _DISK,
                    f"cannot write to {self._folder.path}: {disk_refusal(error)}. "
                    "Trying again; the sound waits in memory",
                    kind=error.errno,
                )
                return
            self._backlog.pop()
            self._disk_backoff.reset()
            self._faults.end(_DISK, f"writing to {self._folder.path} again")
            self._count_deleted(deleted_files)
            report = self._reports[segment.mic]
            report.files += 1
            report.recorded_seconds += segment.seconds
            report.recorded_bytes += size_bytes
            self._metrics.lag_seconds.observe(max(0.0, self._clock.wall_seconds() - segment.ends_at_seconds))

    def _sweep(self) -> None:
        now = self._clock.monotonic_seconds()
        if now >= self._sweep_at_seconds:
            self._sweep_at_seconds = now + _SWEEP_SECONDS
            try:
                self._count_deleted(self._folder.sweep())
            except OSError as error:
                logger.warning("cannot delete old recordings in %s: %s", self._folder.path, disk_refusal(error))
        if deleted := self._throttle.grown("deleted", self._deleted_files, now):
            logger.info(
                "deleted %s (TEARS_JOURNAL_KEEP_DAYS, TEARS_JOURNAL_KEEP_GIB)", counted(int(deleted), "old recording")
            )

    def _count_deleted(self, files: int) -> None:
        self._deleted_files += files
        self._metrics.deleted_files.inc(files)

    def _report(self) -> None:
        now = self._clock.monotonic_seconds()
        for mic, segmenter in self._segmenters.items():
            report = self._reports[mic]
            report.open_seconds = segmenter.open_seconds
            is_sounding = mic in self._last_sound_at_seconds
            report.state = RecordingState.RECORDING if is_sounding else RecordingState.WAITING
            report.missing_seconds = segmenter.missing_seconds
            report.unstorable_seconds = segmenter.unstorable_seconds
            for total, consequence in (
                (report.missing_seconds, "never came: the recorder dropped them, or Redis did before they were read"),
                (report.unstorable_seconds, "are not recorded: FLAC holds at most 8 channels at up to 655 kHz"),
                (report.dropped_seconds, "had to be dropped because they could not be written"),
            ):
                if grown := self._throttle.grown(f"{mic} {consequence}", total, now):
                    logger.warning("%s: %.1f s %s", mic, grown, consequence)
        for mic, report in self._reports.items():
            self._metrics.show(mic, report)
        self._metrics.kept_bytes.set(self._folder.size_bytes)
        self._metrics.waiting_seconds.set(self._backlog.seconds)
        self._metrics.unreadable_chunks.inc(self._feed.unreadable_chunks - self._unreadable_chunks)
        self._unreadable_chunks = self._feed.unreadable_chunks
        if unreadable := self._throttle.grown("unreadable", self._unreadable_chunks, now):
            logger.warning("%s could not be read", counted(int(unreadable), "chunk"))

    def _log_start(self) -> None:
        path, stored = self._folder.path, self._stored
        if stored.parts_removed:
            logger.info("removed %s of an earlier run", counted(stored.parts_removed, "half-written file"))
        if stored.files:
            mebibytes = self._folder.size_bytes / 2**20
            logger.info("%s holds %s, %.1f MiB", path, counted(stored.files, "recording"), mebibytes)
        rooms = ", ".join(self._feed.wanted) or "every microphone"
        logger.info(
            "recording %s into %s, beginning with what Redis still holds", rooms, path, extra={"is_recording": True}
        )

    def _log_end(self) -> None:
        for mic, report in sorted(self._reports.items()):
            logger.info(
                "%s: recorded %.1f s in %s; %.1f s never came, %.1f s were dropped",
                mic,
                report.recorded_seconds,
                counted(report.files, "file"),
                report.missing_seconds,
                report.dropped_seconds,
                extra={"mic": mic, "report": dataclasses.asdict(report) | {"state": report.state.value}},
            )
        if self._backlog:
            raise UnwrittenError(
                f"{self._backlog.seconds:.1f} s of sound could not be written: {' '.join(self._faults.messages())}"
            )
