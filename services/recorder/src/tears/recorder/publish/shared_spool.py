"""Stands between the thread that captures and the thread that publishes."""

from __future__ import annotations

import threading

from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk
from tears.recorder.publish.spool import Spool

# How long a wait goes on before it looks around, whatever happens.
LOOK_SECONDS = 0.1


class Outbox:
    """A spool that two threads share. Nothing here waits for Redis but `put_when_sent`."""

    def __init__(self, spool: Spool, clock: Clock) -> None:
        self._spool = spool
        self._clock = clock
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._emptied = threading.Event()
        self._emptied.set()
        self._is_closed = False
        self.error: Exception | None = None

    def put(self, chunk: AudioChunk) -> int:
        """Adds a chunk at once; returns how many samples were dropped for it."""
        with self._lock:
            dropped_samples = self._spool.append(chunk)
            self._emptied.clear()
        self._filled.set()
        return dropped_samples

    def put_when_sent(self, chunk: AudioChunk, stop: threading.Event) -> int:
        """Adds a chunk once all before it are sent, or `stop` is set; blocks until then. Returns as `put` does."""
        while not stop.is_set() and not self._clock.wait(self._emptied, LOOK_SECONDS):
            pass
        return self.put(chunk)

    def close(self, error: Exception | None = None) -> None:
        """Nothing more will be put; `error` is why, if that is no good reason."""
        self.error = error
        with self._lock:
            self._is_closed = True
        self._filled.set()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    def next(self) -> AudioChunk | None:
        """See `Spool.next`."""
        with self._lock:
            chunk = self._spool.next()
            if chunk is None and not self._is_closed:
                self._filled.clear()
        return chunk

    def wait_for_more(self, timeout_seconds: float) -> None:
        """Blocks until something is put, the outbox is closed, or the time is over."""
        self._clock.wait(self._filled, timeout_seconds)

    def sent(self, chunk: AudioChunk) -> bool:
        """See `Spool.sent`."""
        with self._lock:
            is_repeat = self._spool.sent(chunk)
            self._tell_if_emptied()
        return is_repeat

    def resume_after(self, session: str, end_sample: int, *, ended: bool) -> None:
        """See `Spool.resume_after`."""
        with self._lock:
            self._spool.resume_after(session, end_sample, ended=ended)
            self._tell_if_emptied()

    def rewind(self) -> None:
        """See `Spool.rewind`."""
        with self._lock:
            self._spool.rewind()
            self._tell_if_emptied()

    def unsent_samples(self) -> int:
        """Per channel."""
        with self._lock:
            return self._spool.unsent_samples

    def unsent_seconds(self) -> float:
        """The sound that waits to be published."""
        with self._lock:
            return self._spool.unsent_seconds

    def sessions(self) -> tuple[str, ...]:
        """See `Spool.sessions`."""
        with self._lock:
            return self._spool.sessions

    def resize(self, max_samples: int) -> None:
        """See `Spool.resize`."""
        with self._lock:
            self._spool.resize(max_samples)

    def _tell_if_emptied(self) -> None:
        if self._spool.has_unsent:
            self._emptied.clear()
        else:
            self._emptied.set()
