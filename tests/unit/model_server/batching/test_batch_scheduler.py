"""Queues of tasks, and the threads that process them in batches."""

import threading
import weakref
from functools import partial

from support.waiting import wait_until
from unit.model_server.fakes import FakeClock

from tears.model_server.batching.batch_scheduler import BatchQueue, BatchScheduler
from tears.model_server.batching.batching_parameters import BatchingOptions

SCHEDULER_DEADLINE_SECONDS = 20.0


class Piece:
    def __init__(self, size: int) -> None:
        self.size = size


def test_a_thread_keeps_nothing_of_its_last_batch() -> None:
    done = threading.Event()
    scheduler = BatchScheduler(1)
    queue: BatchQueue[Piece] = scheduler.add_queue(BatchingOptions(), lambda _: done.set())
    piece = Piece(1)
    seen = weakref.ref(piece)
    queue.submit(piece)
    del piece
    assert done.wait(SCHEDULER_DEADLINE_SECONDS)
    wait_until(lambda: seen() is None)


def test_a_batch_is_due_when_it_is_old_or_full() -> None:
    clock = FakeClock()
    scheduler = BatchScheduler(0, clock=clock)
    batching = BatchingOptions(max_execution_batch_size=4, timeout_seconds=2.0)
    queue: BatchQueue[Piece] = scheduler.add_queue(batching, lambda _: None)
    assert queue.seconds_until_due(clock()) is None
    queue.submit(Piece(3))
    assert queue.seconds_until_due(clock()) == 2.0
    clock.seconds += 3
    assert queue.seconds_until_due(clock()) == -1.0
    queue.submit(Piece(2))
    clock.seconds -= 3
    assert queue.seconds_until_due(clock()) == 0.0
    queue.take()
    queue.submit(Piece(2))
    assert queue.seconds_until_due(clock()) == 0.0


def test_queues_take_turns() -> None:
    scheduler = BatchScheduler(0)
    done: list[str] = []

    def note(name: str, _: list[Piece]) -> None:
        done.append(name)

    for name in ("a", "b"):
        queue = scheduler.add_queue(BatchingOptions(max_execution_batch_size=1), partial(note, name))
        for _ in range(2):
            queue.submit(Piece(1))
    for _ in range(4):
        scheduler._wait_for_work()()
    assert done == ["a", "b", "a", "b"]
