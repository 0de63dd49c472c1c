"""A few threads that answer requests for the event loop."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")


class DaemonThreads:
    """Runs functions in `count` threads.

    The threads of an executor would keep the process from ending if a request hung; these do not.
    """

    def __init__(self, count: int, name: str) -> None:
        """Start nothing yet."""
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._count = count
        self._name = name

    def start(self) -> None:
        """Start the threads."""
        for number in range(self._count):
            threading.Thread(target=self._work, name=f"{self._name} {number}", daemon=True).start()

    async def run(self, function: Callable[[], Result]) -> Result:
        """Run `function` as soon as a thread is free; return what it returns, and raise what it raises."""
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()  # so that a caller who leaves cannot cancel it half-way
        self._jobs.put((future, function))
        return await asyncio.wrap_future(future)

    def end(self) -> None:
        """End the threads when they have done what is waiting; does not block."""
        for _ in range(self._count):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, function = job
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
                future.set_exception(error)
            del job, future, function  # a request may be large
