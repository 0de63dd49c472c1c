"""The threads that handle entries, and the entries that they have."""

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from tears.kit.streams.delivery import Delivery
from tears.kit.streams.entry_work import EntryWork
from tears.kit.streams.stage_metrics import Outcome, StageMetrics

logger = logging.getLogger(__name__)


class Workers:
    """A pool of threads; a context manager that waits for all of them at its end.

    One thread adds and begins entries and calls the other methods; the workers finish the entries.
    """

    def __init__(self, work: EntryWork, threads: int, name: str, metrics: StageMetrics) -> None:
        """Start no thread yet; `name` is that of the threads."""
        self._work = work
        self._most_entries = threads
        self._metrics = metrics
        # Two streams may both have an entry with one id: only stream and id together identify it.
        self._entries: dict[tuple[str, bytes], Delivery] = {}
        # Those of them that have not begun, in order. Only the one thread uses it.
        self._waiting: deque[Delivery] = deque()
        self._freed = threading.Condition()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._waiting:
            self._pool.submit(self._handle, self._waiting.popleft())
        self._pool.shutdown()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        """Return whether the workers have the entry (stream, id)."""
        return key in self._entries

    def begun(self) -> int:
        """Return how many entries are being handled."""
        return len(self._entries) - len(self._waiting)

    def free(self) -> int:
        """Return how many more entries can begin at once."""
        return self._most_entries - self.begun()

    def wait_for_free(self, timeout_seconds: float) -> None:
        """Block until an entry can begin, or the time is over."""
        with self._freed:
            self._freed.wait_for(lambda: self.free() > 0, timeout_seconds)

    def entry_ids(self) -> Mapping[str, Sequence[bytes]]:
        """Return the ids of all entries, by stream."""
        found = defaultdict(list)
        with self._freed:
            for stream, entry_id in self._entries:
                found[stream].append(entry_id)
        return found

    def add(self, deliveries: Sequence[Delivery]) -> None:
        """Take these entries, as far as the workers do not have them already; they wait until they begin."""
        for delivery in deliveries:
            key = (delivery.stream, delivery.entry_id)
            with self._freed:
                if key in self._entries:  # our own, claimed back while we were slow
                    continue
                self._entries[key] = delivery
                self._waiting.append(delivery)

    def take_waiting(self) -> list[Delivery]:
        """Return the entries that have not begun, in order; the workers no longer have them."""
        taken = list(self._waiting)
        self._waiting.clear()
        with self._freed:
            for delivery in taken:
                del self._entries[delivery.stream, delivery.entry_id]
        return taken

    def begin(self) -> bool:
        """Begin what waits, as far as it can begin at once; return whether an entry has begun."""
        beginning = [self._waiting.popleft() for _ in range(min(self.free(), len(self._waiting)))]
        self._metrics.in_flight.set(self.begun())
        for delivery in beginning:
            self._pool.submit(self._handle, delivery)
        return bool(beginning)

    def _handle(self, delivery: Delivery) -> None:
        """Handle one entry; runs in a worker."""
        outcome: Outcome = "pending"
        try:
            with self._metrics.handling_seconds.time():
                outcome = self._work.handle(delivery)
        except Exception:
            # A fault in one entry must not end the others.
            logger.exception("entry %s of %s is left pending", delivery.entry_id.decode(), delivery.stream)
        finally:
            self._metrics.entries.labels(outcome).inc()
            with self._freed:
                del self._entries[delivery.stream, delivery.entry_id]
                self._metrics.in_flight.set(self.begun())
                self._freed.notify()
