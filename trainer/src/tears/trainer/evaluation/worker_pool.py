"""Spread the work of an evaluation over processes, and print how far it is."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import Final, Self, TypeVar

from tears.trainer.progress import Progress

# Each process computes with one thread, because all processes together use all cores.
_ONE_THREAD: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class WorkerPool:
    """Worker processes, which start with the first work and end with the block.

    With one worker the work is done in this process.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self.workers > 1:
            # A fork of a process that has threads, such as TensorFlow's, may wait forever.
            self._executor = ProcessPoolExecutor(self.workers, get_context("spawn"), _start_worker)
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def map(
        self, what: str, function: Callable[[_Item], _Result], items: Iterable[_Item], chunk: int = 1
    ) -> list[_Result]:
        """Return the function's result for each item, in order, and print lines of progress about `what`.

        Function and items must be picklable. An error of the function is raised here.
        """
        chosen: Sequence[_Item] = list(items)
        if self._executor is None or len(chosen) < 2:  # noqa: PLR2004 (one item needs no process)
            results: Iterable[_Result] = map(function, chosen)
        else:
            results = self._executor.map(function, chosen, chunksize=chunk)
        return list(Progress(len(chosen), what).over(results))


def _start_worker() -> None:
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
