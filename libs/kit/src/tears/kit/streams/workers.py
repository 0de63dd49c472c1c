"""The threads that handle entries, and the entries that they have."""

import logging
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from tears.kit.streams.delivery import Delivery
from tears.kit.streams.entry_work import EntryWork, Outcome
from tears.kit.streams.stage_metrics import StageMetrics

logger = logging.getLogger(__name__)


class Workers:
    """A pool of threads; a context manager that waits for all of them at its end.

    One thread begins entries and calls the other methods; the workers finish the entries.
    """

    def __init__(self, work: EntryWork, threads: int, name: str, metrics: StageMetrics) -> None:
        """Start no thread yet; `name` is that of the threads."""
        self._work = work
        self._most_entries = threads
        self._metrics = metrics
        # Two streams may both have an entry with one id: only stream and id together identify it.
        self._entries: dict[tuple[str, bytes], Delivery] = {}
        self._freed = threading.Condition()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        """Return whether the workers have the entry (stream, id)."""
        return key in self._entries

    def free(self) -> int:
        """Return how many more entries can begin at once."""
        return self._most_entries - len(self._entries)

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

    def begin(self, deliveries: Sequence[Delivery]) -> None:
        """Let the workers handle these entries, as far as they do not have them already."""
        for delivery in deliveries:
            key = (delivery.stream, delivery.entry_id)
            with self._freed:
                if key in self._entries:  # our own, claimed back while we were slow
                    continue
                self._entries[key] = delivery
                self._metrics.in_flight.set(len(self._entries))
            self._pool.submit(self._handle, delivery)

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
                self._metrics.in_flight.set(len(self._entries))
                self._freed.notify()
