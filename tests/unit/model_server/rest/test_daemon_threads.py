"""The threads that answer requests for the event loop."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from tears.model_server.rest.daemon_threads import DaemonThreads

DEADLINE_SECONDS = 60.0


@pytest.fixture
def one_thread() -> Iterator[DaemonThreads]:
    threads = DaemonThreads(1, "test")
    threads.start()
    yield threads
    threads.end()


def test_a_function_runs_in_a_thread_that_does_not_keep_the_process_alive(one_thread: DaemonThreads) -> None:
    assert asyncio.run(one_thread.run(lambda: threading.current_thread().daemon))


def test_an_error_reaches_the_caller_and_the_thread_goes_on(one_thread: DaemonThreads) -> None:
    def fail() -> int:
        raise KeyError("missing")

    async def run_two() -> int:
        with pytest.raises(KeyError):
            await one_thread.run(fail)
        return await one_thread.run(lambda: 2)

    assert asyncio.run(run_two()) == 2


def test_a_caller_who_leaves_does_not_stop_the_thread(one_thread: DaemonThreads) -> None:
    async def leave_early() -> bool:
        go, ended = threading.Event(), threading.Event()

        def wait_for_the_test() -> None:
            go.wait(DEADLINE_SECONDS)
            ended.set()

        caller = asyncio.create_task(one_thread.run(wait_for_the_test))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait([caller])
        go.set()
        return await one_thread.run(ended.is_set)

    assert asyncio.run(leave_early())


def test_threads_end_when_what_is_waiting_has_been_done() -> None:
    threads = DaemonThreads(2, "ending")
    threads.start()
    names = {f"ending {number}" for number in range(2)}
    running = [thread for thread in threading.enumerate() if thread.name in names]
    assert len(running) == 2
    threads.end()
    for thread in running:
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()
