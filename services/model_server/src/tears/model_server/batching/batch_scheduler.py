"""Tasks of one kind gathered into batches, and threads that work on the batches of all kinds in turn.

The rules are those of TensorFlow's SharedBatchScheduler: a batch is due when it is full or old enough, and a thread
takes one from each queue in turn, so that a busy model does not starve the others.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypeVar

from tears.model_server.batching.batching_parameters import Batching
from tears.model_server.errors import InvalidArgumentError, QueueFullError

logger = logging.getLogger(__name__)


class Task(Protocol):
    """Something that can be done together with others of its kind."""

    @property
    def size(self) -> int:
        """Its rows."""


T = TypeVar("T", bound=Task)


class _Batch(Generic[T]):
    """Tasks that are done together."""

    def __init__(self, begun_seconds: float) -> None:
        self.tasks: list[T] = []
        self.size = 0
        self.begun_seconds = begun_seconds


class BatchQueue(Generic[T]):
    """Batches of one kind of task that wait for a thread; the last may still grow. The scheduler makes it."""

    def __init__(self, scheduler: BatchScheduler, batching: Batching, process: Callable[[list[T]], None]) -> None:
        self._scheduler = scheduler
        self._batching = batching
        self._process = process
        self._batches: deque[_Batch[T]] = deque()

    def submit(self, task: T) -> None:
        """Leaves a task to the threads; does not wait for it.

        Raises:
            InvalidArgumentError: It has more rows than a batch may have; the wording is TensorFlow's.
            QueueFullError: As many batches wait as may.
        """
        limit = self._batching.max_execution_batch_size
        if task.size > limit:
            raise InvalidArgumentError(f"Task size {task.size} is larger than maximum input batch size {limit}")
        with self._scheduler.changed:
            if not self._batches or self._batches[-1].size + task.size > limit:
                if len(self._batches) >= self._batching.max_enqueued_batches:
                    raise QueueFullError("The batch scheduling queue to which this task was submitted is full")
                self._batches.append(_Batch(self._scheduler.clock()))
            self._batches[-1].tasks.append(task)
            self._batches[-1].size += task.size
            self._scheduler.changed.notify()

    def withdraw(self, task: T) -> None:
        """Takes back a task that nobody waits for any more, unless a thread has taken it."""
        with self._scheduler.changed:
            for batch in self._batches:
                if task in batch.tasks:
                    batch.tasks.remove(task)
                    batch.size -= task.size
                    if not batch.tasks:
                        self._batches.remove(batch)
                    return

    def close(self) -> None:
        """Takes it out of the scheduler, once nobody submits any more; what waits is dropped."""
        self._scheduler.remove(self)

    def seconds_until_due(self, now_seconds: float) -> float | None:
        """How long until a batch is due, 0 or less being now; None is never. The scheduler holds the lock."""
        if not self._batches:
            return None
        first = self._batches[0]
        if len(self._batches) > 1 or first.size >= self._batching.max_execution_batch_size:
            return 0.0
        return first.begun_seconds + self._batching.timeout_seconds - now_seconds

    def take(self) -> Callable[[], None]:
        """The oldest batch as work to be done. The scheduler holds the lock."""
        tasks = self._batches.popleft().tasks
        return lambda: self._process(tasks)


class BatchScheduler:
    """The threads; all queues share them. They end with the process."""

    def __init__(self, threads: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Starts the threads.

        Args:
            threads: Batches that are worked on at once.
            clock: Seconds, never going back.
        """
        self.clock: Final = clock
        self.changed: Final = threading.Condition()
        # In the order of their turns.
        self._queues: deque[BatchQueue[Any]] = deque()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True).start()

    def add_queue(self, batching: Batching, process: Callable[[list[T]], None]) -> BatchQueue[T]:
        """A queue whose batches are given to `process`, which handles its errors itself."""
        queue = BatchQueue(self, batching, process)
        with self.changed:
            self._queues.append(queue)
        return queue

    def remove(self, queue: BatchQueue[Any]) -> None:
        """Forgets a queue."""
        with self.changed:
            self._queues.remove(queue)

    def _work(self) -> None:
        while True:
            try:
                # Held by no name: it would keep the batch, and all that came of it, until the next.
                self._wait_for_work()()
            except Exception:  # the loop's edge: a defect fails its batch, and the thread lives on
                logger.exception("a batch failed")

    def _wait_for_work(self) -> Callable[[], None]:
        with self.changed:
            while True:
                now_seconds = self.clock()
                waits = [queue.seconds_until_due(now_seconds) for queue in self._queues]
                for queue, wait_seconds in zip(self._queues, waits, strict=True):
                    if wait_seconds is not None and wait_seconds <= 0:
                        # Its next turn comes after everybody else's.
                        self._queues.remove(queue)
                        self._queues.append(queue)
                        return queue.take()
                # Nobody can wait longer than the maximum; a batch that is due after that is as good as never due.
                until_due_seconds = min((wait for wait in waits if wait is not None), default=threading.TIMEOUT_MAX)
                self.changed.wait(min(until_due_seconds, threading.TIMEOUT_MAX))
