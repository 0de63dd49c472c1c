import os

import pytest

from tears.trainer.evaluation.worker_pool import WorkerPool

# The name of this link's target is the number of the process that reads it.
OWN_PROCESS = "/proc/self"


def test_results_are_in_order_and_an_error_of_a_worker_is_raised_here() -> None:
    with WorkerPool(2) as pool:
        assert pool.map("numbers", abs, [-3, 1, -2], chunk=2) == [3, 1, 2]
        assert str(os.getpid()) not in pool.map("processes", os.readlink, [OWN_PROCESS] * 4)
        with pytest.raises(ValueError, match="'two'"):
            pool.map("numbers", int, ["1", "two", "3"])


def test_one_worker_is_this_process() -> None:
    with WorkerPool(1) as pool:
        assert pool.map("processes", os.readlink, [OWN_PROCESS] * 2) == [str(os.getpid())] * 2


def test_there_is_a_worker_for_each_core() -> None:
    assert WorkerPool().workers == len(os.sched_getaffinity(0))
