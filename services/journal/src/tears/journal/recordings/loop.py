"""The loop between the chunk streams and the folder."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import redis
from rich.console import Console
from rich.live import Live

from tears.cli.errors import CliError
from tears.journal.recordings.backlog import Backlog
from tears.journal.recordings.chunk_feed import BLOCK_SECONDS, ChunkFeed
from tears.journal.recordings.disk import cure
from tears.journal.recordings.file_names import is_folder_name
from tears.journal.recordings.folder import RecordingFolder, Swept
from tears.journal.recordings.reports import Faults, MicStatus, Throttle, count, say, status_table
from tears.journal.recordings.segments import Segment, Segmenter
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk

# A microphone that is silent for so long has its file closed: nothing of what came lies in memory alone for long.
IDLE_SECONDS = 5.0
# How often what is too old is deleted.
SWEEP_SECONDS = 600.0
# The longest wait for a disk between two tries.
DISK_RETRY_SECONDS = 15.0
REDIS, DISK = "redis", "disk"


class UnwrittenError(CliError):
    """Raised when sound that was heard could not be written before the end."""


class Tap:
    """Redis on one side, the folder on the other; either may be away for a while."""

    def __init__(
        self,
        *,
        feed: ChunkFeed,
        folder: RecordingFolder,
        reached: Mapping[str, Mapping[str, int]],
        segment_seconds: float,
        redis_at: str,
        console: Console,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        """Wires; touches nothing yet.

        Args:
            feed: the chunks.
            folder: the files.
            reached: what is stored already: mic -> label of a session -> end sample.
            segment_seconds: length of a file.
            redis_at: where Redis is, for messages.
            console: what there is to say is printed there.
            clock: for what is done every now and then.
            stop: ends it.
        """
        self._feed = feed
        self._folder = folder
        self._reached = reached
        self._segment_seconds = segment_seconds
        self._redis_at = redis_at
        self._console = console
        self._clock = clock
        self._stop = stop
        self._segmenters: dict[str, Segmenter] = {}
        self._heard_at_seconds: dict[str, float] = {}
        self._status: dict[str, MicStatus] = {}
        self._backlog = Backlog()
        self._faults = Faults(console)
        self._throttle = Throttle()
        self._redis_backoff = Backoff()
        self._disk_backoff = Backoff(longest_seconds=DISK_RETRY_SECONDS)
        self._disk_retry_at_seconds = float("-inf")
        self._sweep_at_seconds = float("-inf")
        self._swept = Swept()

    def run(self) -> None:
        """Blocks until the stop; then what is in hand becomes files, however short."""
        with Live(console=self._console, refresh_per_second=2, transient=True) as live:
            while not self._stop.is_set():
                for mic, chunk in self._read():
                    self._take(mic, chunk)
                self._close_idle()
                self._store()
                self._sweep()
                self._refresh_status()
                if self._console.is_terminal:
                    live.update(status_table(self._status, self._faults.words()))
            for mic in self._segmenters:
                self._close(mic)
            # Once more, whatever the disk said last.
            self._disk_retry_at_seconds = float("-inf")
            self._store()
        self._refresh_status()
        self._say_all()

    def _read(self) -> list[tuple[str, AudioChunk]]:
        try:
            found = self._feed.read()
        except redis.RedisError as error:
            self._faults.begin(REDIS, f"Redis at {self._redis_at} does not answer ({error}); waiting for it")
            self._feed.begin_again()
            self._clock.wait(self._stop, self._redis_backoff.next_seconds())
            return []
        self._faults.end(REDIS, "Redis is back")
        self._redis_backoff.reset()
        for mic in self._feed.mics:
            self._follow(mic)
        if not self._feed.mics:
            self._clock.wait(self._stop, BLOCK_SECONDS)
        return found

    def _follow(self, mic: str) -> None:
        if mic in self._status:
            return
        self._status[mic] = MicStatus()
        if is_folder_name(mic):
            self._segmenters[mic] = Segmenter(mic, self._segment_seconds, self._reached.get(mic, {}))
            say(self._console, f"following {mic}")
        else:
            self._status[mic].state = "no name for a folder"
            say(self._console, f"{mic!r} cannot be recorded: no folder can have that name; rename it", "yellow")

    def _take(self, mic: str, chunk: AudioChunk) -> None:
        segmenter = self._segmenters.get(mic)
        if segmenter is None:
            return
        self._heard_at_seconds[mic] = self._clock.monotonic_seconds()
        self._keep(segmenter.add(chunk))

    def _close_idle(self) -> None:
        now = self._clock.monotonic_seconds()
        for mic, heard_at_seconds in list(self._heard_at_seconds.items()):
            if now - heard_at_seconds >= IDLE_SECONDS:
                self._close(mic)
                del self._heard_at_seconds[mic]

    def _close(self, mic: str) -> None:
        self._keep(self._segmenters[mic].flush())

    def _keep(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            for dropped in self._backlog.add(segment):
                self._status[dropped.mic].dropped_seconds += dropped.seconds
            # Not at the next turn: many files' worth of sound may come at once.
            self._store()

    def _store(self) -> None:
        while self._backlog and self._clock.monotonic_seconds() >= self._disk_retry_at_seconds:
            segment = self._backlog.oldest()
            try:
                size_bytes, swept = self._folder.write(segment)
            except OSError as error:
                self._disk_retry_at_seconds = self._clock.monotonic_seconds() + self._disk_backoff.next_seconds()
                self._faults.begin(
                    DISK,
                    f"cannot write to {self._folder.path}: {cure(error)}. Trying again; the sound waits in memory",
                    kind=error.errno,
                )
                return
            self._backlog.pop()
            self._disk_backoff.reset()
            self._faults.end(DISK, f"writing to {self._folder.path} again")
            self._swept += swept
            status = self._status[segment.mic]
            status.files += 1
            status.stored_seconds += segment.seconds
            status.size_bytes += size_bytes

    def _sweep(self) -> None:
        now = self._clock.monotonic_seconds()
        if now >= self._sweep_at_seconds:
            self._sweep_at_seconds = now + SWEEP_SECONDS
            try:
                self._swept += self._folder.sweep()
            except OSError as error:
                say(self._console, f"cannot delete what is too old in {self._folder.path}: {cure(error)}", "yellow")
        if deleted := self._throttle.grown("deleted", self._swept.files, now):
            say(self._console, f"deleted {count(int(deleted), 'old recording')} (--keep-days, --keep-gib)")

    def _refresh_status(self) -> None:
        now = self._clock.monotonic_seconds()
        for mic, segmenter in self._segmenters.items():
            status, tally = self._status[mic], segmenter.tally
            status.open_seconds = segmenter.open_seconds
            status.state = "recording" if mic in self._heard_at_seconds else "waiting for sound"
            status.missing_seconds = tally.missing_seconds
            if missing := self._throttle.grown(f"missing {mic}", tally.missing_seconds, now):
                self._warn(
                    f"{mic}: {missing:.1f} s never came: the recorder dropped them, or Redis before we read them"
                )
            if unstorable := self._throttle.grown(f"unstorable {mic}", tally.unstorable_seconds, now):
                self._warn(f"{mic}: {unstorable:.1f} s are not recorded: FLAC holds 8 channels at up to 655 kHz")
            if dropped := self._throttle.grown(f"dropped {mic}", status.dropped_seconds, now):
                self._warn(f"{mic}: {dropped:.1f} s had to be dropped, since they could not be written")
        if unreadable := self._throttle.grown("unreadable", self._feed.unreadable, now):
            self._warn(f"{count(int(unreadable), 'chunk')} could not be read")

    def _warn(self, words: str) -> None:
        say(self._console, words, "yellow")

    def _say_all(self) -> None:
        for mic, status in sorted(self._status.items()):
            say(self._console, f"{mic}: {status.words()}")
        if self._backlog:
            raise UnwrittenError(
                f"{self._backlog.seconds:.1f} s of sound could not be written: {' '.join(self._faults.words())}"
            )
