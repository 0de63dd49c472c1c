"""The spool between the thread that captures and the thread that publishes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk
from tears.recorder.errors import RecorderError
from tears.recorder.publish.spool import Spool

# How often a wait until all chunks are sent looks whether the recorder stops.
STOP_CHECK_SECONDS = 0.1


class SharedSpool:
    """A spool behind a lock, with waits until it has chunks or has none.

    It `is_closed` once no chunk will come any more. It holds at most `max_seconds` of sound, and at most `max_bytes` of
    memory, however long the sound.
    """

    def __init__(self, *, max_seconds: float, max_bytes: int, clock: Clock) -> None:
        self._max_seconds = max_seconds
        self._spool = Spool(max_samples=0, max_bytes=max_bytes)
        self._clock = clock
        self._lock = threading.Lock()
        # Set while there is something to send, or nothing more will come.
        self._is_filled = threading.Event()
        # Set while there is nothing to send.
        self._is_empty = threading.Event()
        self._is_empty.set()
        self.is_closed = False
        self._error: RecorderError | None = None

    @contextmanager
    def locked(self) -> Iterator[Spool]:
        """Give the spool to this thread alone; do not wait for anything meanwhile."""
        with self._lock:
            yield self._spool
            self._update_events()

    def begin_session(self, sample_rate_hz: int) -> None:
        """Note the sample rate of the chunks that follow; call this before the first one."""
        with self.locked() as spool:
            spool.max_samples = int(self._max_seconds * sample_rate_hz)

    def put(self, chunk: AudioChunk) -> int:
        """Add a chunk at once; return how many samples were dropped to make room for it."""
        with self.locked() as spool:
            return spool.append(chunk)

    def wait_until_sent(self, stop: threading.Event) -> None:
        """Block until all chunks are sent, or `stop` is set."""
        while not stop.is_set() and not self._clock.wait(self._is_empty, STOP_CHECK_SECONDS):
            pass

    def close(self, error: RecorderError | None = None) -> None:
        """Note that no chunk will be put any more; `error` is the reason, if the sound has not just ended."""
        self._error = error
        with self._lock:
            self.is_closed = True
            self._update_events()

    def raise_error(self) -> None:
        """Raise the error that `close` was called with, if there was one."""
        if self._error is not None:
            raise self._error

    def wait_for_more(self, timeout_seconds: float) -> None:
        """Block until there is a chunk to send, the spool is closed, or the time is over."""
        self._clock.wait(self._is_filled, timeout_seconds)

    def unsent_seconds(self) -> float:
        """Return how much sound waits to be published."""
        with self._lock:
            return self._spool.unsent_seconds

    def _update_events(self) -> None:
        has_unsent = self._spool.has_unsent
        for event, is_true in ((self._is_empty, not has_unsent), (self._is_filled, has_unsent or self.is_closed)):
            if is_true:
                event.set()
            else:
                event.clear()
