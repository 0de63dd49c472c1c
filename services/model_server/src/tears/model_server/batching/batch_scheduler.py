"""Gather tasks of one kind into batches, and let threads process the batches of all kinds in turn.

The rules are those of TensorFlow's SharedBatchScheduler: a batch is due when it is full or old enough, and a thread
takes one batch from each queue in turn, so that a busy model does not starve the others.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypeVar

from tears.model_server.batching.batching_parameters import BatchingOptions
from tears.model_server.errors import InvalidArgumentError, QueueFullError

logger = logging.getLogger(__name__)


class BatchTask(Protocol):
    """Something that can be processed together with others of its kind."""

    @property
    def size(self) -> int:
        """Return the number of rows."""


TaskT = TypeVar("TaskT", bound=BatchTask)


class _TaskBatch(Generic[TaskT]):
    """Tasks that are processed together."""

    def __init__(self, begun_seconds: float) -> None:
        self.tasks: list[TaskT] = []
        self.size = 0
        self.begun_seconds = begun_seconds


class BatchQueue(Generic[TaskT]):
    """Batches of one kind of task that wait for a thread; the last one may still grow. The scheduler makes it."""

    def __init__(
        self, scheduler: "BatchScheduler", options: BatchingOptions, process: Callable[[list[TaskT]], None]
    ) -> None:
        self._scheduler = scheduler
        self._options = options
        self._process = process
        self._batches: deque[_TaskBatch[TaskT]] = deque()

    def submit(self, task: TaskT) -> None:
        """Hand a task to the threads, and do not wait for it.

        Raises:
            InvalidArgumentError: The task has more rows than a batch may have; the wording is TensorFlow's.
            QueueFullError: Too many batches wait.
        """
        limit = self._options.max_execution_batch_size
        if task.size > limit:
            raise InvalidArgumentError(f"Task size {task.size} is larger than maximum input batch size {limit}")
        with self._scheduler.changed:
            if not self._batches or self._batches[-1].size + task.size > limit:
                if len(self._batches) >= self._options.max_enqueued_batches:
                    raise QueueFullError("The batch scheduling queue to which this task was submitted is full")
                self._batches.append(_TaskBatch(self._scheduler.clock()))
            self._batches[-1].tasks.append(task)
            self._batches[-1].size += task.size
            self._scheduler.changed.notify()

    def withdraw(self, task: TaskT) -> None:
        """Take back a task that nobody waits for any more, unless a thread has it."""
        with self._scheduler.changed:
            for batch in self._batches:
                if task in batch.tasks:
                    batch.tasks.remove(task)
                    batch.size -= task.size
                    if not batch.tasks:
                        self._batches.remove(batch)
                    return

    def close(self) -> None:
        """Leave the scheduler and drop the tasks that wait; nobody may submit any more."""
        with self._scheduler.changed:
            self._scheduler.queues.remove(self)

    def seconds_until_due(self, now_seconds: float) -> float | None:
        """Return how long until a batch is due: 0 or less means now, None never. The scheduler holds the lock."""
        if not self._batches:
            return None
        first = self._batches[0]
        if len(self._batches) > 1 or first.size >= self._options.max_execution_batch_size:
            return 0.0
        return first.begun_seconds + self._options.timeout_seconds - now_seconds

    def take(self) -> Callable[[], None]:
        """Remove the oldest batch, and return a function that processes it. The scheduler holds the lock."""
        tasks = self._batches.popleft().tasks
        return lambda: self._process(tasks)


class BatchScheduler:
    """The threads that all queues share. They end with the process. The clock returns seconds and never goes back."""

    def __init__(self, threads: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the threads, each of which processes one batch at a time."""
        self.clock: Final = clock
        self.changed: Final = threading.Condition()
        # In the order of their turns.
        self.queues: Final[deque[BatchQueue[Any]]] = deque()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True).start()

    def add_queue(self, options: BatchingOptions, process: Callable[[list[TaskT]], None]) -> BatchQueue[TaskT]:
        """Return a new queue whose batches are given to `process`, which handles its errors itself."""
        queue = BatchQueue(self, options, process)
        with self.changed:
            self.queues.append(queue)
        return queue

    def _work(self) -> None:
        while True:
            try:
                # No variable may hold the function: it would keep the batch and its results until the next batch.
                self._wait_for_work()()
            except Exception:  # the loop's edge: a defect fails its batch, and must not end the thread
                logger.exception("a batch failed")

    def _wait_for_work(self) -> Callable[[], None]:
        with self.changed:
            while True:
                now_seconds = self.clock()
                waits = [queue.seconds_until_due(now_seconds) for queue in self.queues]
                for queue, wait_seconds in zip(self.queues, waits, strict=True):
                    if wait_seconds is not None and wait_seconds <= 0:
                        # Its next turn comes after all others.
                        self.queues.remove(queue)
                        self.queues.append(queue)
                        return queue.take()
                # No thread can wait longer than the maximum; a batch that is due later counts as never due.
                until_due_seconds = min((wait for wait in waits if wait is not None), default=threading.TIMEOUT_MAX)
                self.changed.wait(min(until_due_seconds, threading.TIMEOUT_MAX))
