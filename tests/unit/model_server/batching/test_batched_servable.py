"""Requests that are computed together."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from support.waiting import wait_until

from tears.model_server.batching import batched_servable
from tears.model_server.batching.batch_scheduler import BatchScheduler
from tears.model_server.batching.batched_servable import BatchedServable, batched
from tears.model_server.batching.batching_parameters import BatchingOptions
from tears.model_server.errors import DeadlineError, InferenceError, InvalidArgumentError, QueueFullError
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import Array
from tears.tfserving.v1 import tensor_pb2

DEADLINE_SECONDS = 60.0
ROWS = TensorSpec("x", tensor_pb2.DT_FLOAT, (-1, -1))
FIXED = TensorSpec("x", tensor_pb2.DT_FLOAT, (1, 1))


class Doubler:
    """Compute y = 2 x, fail on 13, and remember the batches; a test may make it wait."""

    signatures: Mapping[str, Signature] = {
        "rows": Signature({"x": ROWS}, {"y": ROWS, "z": ROWS}),
        "fixed": Signature({"x": FIXED}, {"y": FIXED}),
    }

    def __init__(self) -> None:
        self.batches: list[list[list[float]]] = []
        self.go = threading.Event()
        self.go.set()
        self.entered = threading.Semaphore(0)
        self.is_closed = False

    def run(
        self,
        signature_name: str,
        inputs: Mapping[str, Array],
        outputs: Sequence[str],
        *,
        timeout_seconds: float | None = None,
    ) -> dict[str, Array]:
        assert timeout_seconds is None or signature_name == "fixed"
        self.entered.release()
        assert self.go.wait(DEADLINE_SECONDS)
        self.batches.append(inputs["x"].tolist())
        if 13 in inputs["x"]:
            raise InferenceError("bad luck")
        return {name: inputs["x"] * (2 if name == "y" else 0) for name in outputs}

    def close(self) -> None:
        self.is_closed = True


class BatchingFixture:
    """A batching servable over a doubler, and threads that send requests to it."""

    def __init__(self, batching: BatchingOptions, pool: ThreadPoolExecutor) -> None:
        self.doubler = Doubler()
        self.servable = BatchedServable(self.doubler, BatchScheduler(batching.threads), batching)
        self._pool = pool

    def ask(self, *rows: Sequence[float], timeout_seconds: float | None = None) -> Future[list[list[float]]]:
        return self._pool.submit(self._ask, rows, timeout_seconds)

    def _ask(self, rows: Sequence[Sequence[float]], timeout_seconds: float | None) -> list[list[float]]:
        x = np.array(rows, np.float32)
        answered: list[list[float]] = self.servable.run("rows", {"x": x}, ["y"], timeout_seconds=timeout_seconds)[
            "y"
        ].tolist()
        return answered

    def waiting(self) -> int:
        return sum(len(batch.tasks) for batch in self.servable._queues["rows"]._batches)

    def hold(self) -> Future[list[list[float]]]:
        """Keep the only thread busy, so that the next requests must wait."""
        self.doubler.go.clear()
        first = self.ask([0])
        assert self.doubler.entered.acquire(timeout=DEADLINE_SECONDS)
        return first

    def ask_and_wait(self, *rows: Sequence[float], timeout_seconds: float | None = None) -> Future[list[list[float]]]:
        """Send a request, and return when it is in the queue."""
        before = self.waiting()
        future = self.ask(*rows, timeout_seconds=timeout_seconds)
        wait_until(lambda: self.waiting() == before + 1)
        return future


@contextmanager
def batching_fixture(batching: BatchingOptions) -> Iterator[BatchingFixture]:
    with ThreadPoolExecutor(16) as pool:
        fixture = BatchingFixture(batching, pool)
        try:
            yield fixture
        finally:
            fixture.doubler.go.set()


def test_waiting_requests_are_computed_together_and_each_gets_its_rows() -> None:
    with batching_fixture(BatchingOptions()) as fixture:
        first = fixture.hold()
        others = [fixture.ask_and_wait([number], [number + 0.5]) for number in range(1, 4)]
        fixture.doubler.go.set()
        assert first.result() == [[0]]
        assert [other.result() for other in others] == [[[2 * n], [2 * n + 1]] for n in range(1, 4)]
    assert fixture.doubler.batches == [[[0]], [[1], [1.5], [2], [2.5], [3], [3.5]]]


def test_a_batch_holds_no_more_rows_than_it_may() -> None:
    with batching_fixture(BatchingOptions(max_batch_size=2, max_execution_batch_size=2)) as fixture:
        fixture.hold()
        others = [fixture.ask_and_wait([number]) for number in range(1, 4)]
        fixture.doubler.go.set()
        assert [other.result() for other in others] == [[[2]], [[4]], [[6]]]
    assert fixture.doubler.batches == [[[0]], [[1], [2]], [[3]]]


def test_a_request_that_is_larger_than_a_batch_is_refused_or_split() -> None:
    with (
        batching_fixture(BatchingOptions(max_batch_size=2, max_execution_batch_size=2)) as fixture,
        pytest.raises(InvalidArgumentError, match="Task size 3 is larger than maximum input batch size 2"),
    ):
        fixture.ask([1], [2], [3]).result()
    with batching_fixture(BatchingOptions(max_batch_size=5, max_execution_batch_size=2, splits_large=True)) as fixture:
        assert fixture.ask([1], [2], [3], [4], [5]).result() == [[2], [4], [6], [8], [10]]
        assert sorted(map(len, fixture.doubler.batches)) == [1, 2, 2]
        with pytest.raises(InvalidArgumentError, match="Task size 6"):
            fixture.ask(*[[1]] * 6).result()


def test_a_full_queue_refuses_requests() -> None:
    with batching_fixture(
        BatchingOptions(max_batch_size=1, max_execution_batch_size=1, max_enqueued_batches=2)
    ) as fixture:
        fixture.hold()
        waiting = [fixture.ask_and_wait([1]), fixture.ask_and_wait([2])]
        with pytest.raises(QueueFullError, match="to which this task was submitted is full"):
            fixture.ask([3]).result()
        fixture.doubler.go.set()
        assert [one.result() for one in waiting] == [[[2]], [[4]]]


def test_a_batch_is_filled_up_to_an_allowed_size_and_no_reply_shows_it() -> None:
    with batching_fixture(
        BatchingOptions(max_batch_size=4, max_execution_batch_size=4, allowed_batch_sizes=(4,))
    ) as fixture:
        assert fixture.ask([1], [2]).result() == [[2], [4]]
    assert fixture.doubler.batches == [[[1], [2], [1], [1]]]


def test_requests_that_filling_up_would_make_too_large_are_computed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batched_servable, "MAX_ADDED_BYTES", 7)
    with batching_fixture(
        BatchingOptions(max_batch_size=4, max_execution_batch_size=4, allowed_batch_sizes=(4,))
    ) as fixture:
        assert fixture.ask([1], [2]).result() == [[2], [4]]
        assert fixture.ask([1], [2], [3]).result() == [[2], [4], [6]]
    assert fixture.doubler.batches == [[[1], [2]], [[1], [2], [3], [1]]]

    with batching_fixture(BatchingOptions(pads_variable_length=True)) as fixture:
        fixture.hold()
        short, long = fixture.ask_and_wait([1]), fixture.ask_and_wait([2, 3, 4])
        fixture.doubler.go.set()
        assert (short.result(), long.result()) == ([[2]], [[4, 6, 8]])
    assert fixture.doubler.batches == [[[0]], [[1]], [[2, 3, 4]]]


def test_rows_of_different_lengths_are_separate_batches_unless_they_are_padded() -> None:
    for pads, batches in ((False, 3), (True, 2)):
        with batching_fixture(BatchingOptions(pads_variable_length=pads)) as fixture:
            fixture.hold()
            short, long = fixture.ask_and_wait([1]), fixture.ask_and_wait([2, 3])
            fixture.doubler.go.set()
            assert (short.result(), long.result()) == ([[2, 2]] if pads else [[2]], [[4, 6]])
        assert len(fixture.doubler.batches) == batches


def test_a_failing_request_does_not_fail_the_others_in_its_batch() -> None:
    with batching_fixture(BatchingOptions()) as fixture:
        fixture.hold()
        bad, good = fixture.ask_and_wait([13]), fixture.ask_and_wait([1])
        fixture.doubler.go.set()
        assert good.result() == [[2]]
        with pytest.raises(InferenceError, match="bad luck"):
            bad.result()


def test_a_request_whose_caller_has_given_up_is_not_computed() -> None:
    with batching_fixture(BatchingOptions()) as fixture:
        fixture.hold()
        with pytest.raises(DeadlineError):
            fixture.ask_and_wait([5], timeout_seconds=0.01).result()
        # The request's inputs do not stay in memory until a thread is free.
        assert fixture.waiting() == 0
        assert not fixture.servable._queues["rows"]._batches
        good = fixture.ask_and_wait([1])
        fixture.doubler.go.set()
        assert good.result() == [[2]]
    assert fixture.doubler.batches == [[[0]], [[1]]]


def test_a_defect_is_reported_to_every_request_in_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Doubler, "run", fail)
    with batching_fixture(BatchingOptions()) as fixture, pytest.raises(KeyError):
        fixture.ask([1]).result()


def test_a_signature_that_cannot_be_batched_runs_request_by_request() -> None:
    with batching_fixture(BatchingOptions()) as fixture:
        x = np.ones((1, 1), np.float32)
        assert fixture.servable.run("fixed", {"x": x}, ["y"], timeout_seconds=1.0)["y"].tolist() == [[2]]
        empty = fixture.servable.run("rows", {"x": np.ones((0, 2), np.float32)}, ["y"])["y"]
        assert empty.shape == (0, 2)


def test_closing_closes_the_inner_servable_and_keeps_the_shared_threads() -> None:
    with batching_fixture(BatchingOptions()) as fixture:
        fixture.servable.close()
        assert fixture.doubler.is_closed
        assert not fixture.servable._queues["rows"]._scheduler.queues


def test_a_batch_that_is_never_due_does_not_delay_others() -> None:
    with batching_fixture(BatchingOptions(max_execution_batch_size=2, timeout_seconds=1e13)) as fixture:
        first = fixture.ask_and_wait([1])
        second = fixture.ask([2])
        assert (first.result(DEADLINE_SECONDS), second.result(DEADLINE_SECONDS)) == ([[2]], [[4]])


def test_a_version_may_bring_its_own_parameters(tmp_path: Path) -> None:
    plain, other = Doubler(), Doubler()
    loaded = iter([plain, other])
    load = batched(lambda _: next(loaded), BatchingOptions(), per_model=True)
    assert load(tmp_path) is plain
    (tmp_path / "batching_params.pbtxt").write_text("max_batch_size { value: 1 }")
    with pytest.raises(InvalidArgumentError, match="Task size 2"):
        load(tmp_path).run("rows", {"x": np.ones((2, 1), np.float32)}, ["y"])
